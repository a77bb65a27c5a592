// SideAccess: logs in at a side as an account, over IMAP, with the account's stored password
// or the side's master user. One place, so that sync, mirror copies and the preflight ask alike and
// fail with the same words.
//
// Errors carry the side as their origin. A wrong password is kind authentication and is not tried
// again by itself (a loop of log-ins locks people out). Any io thread; the client stays on it.
#pragma once

#include <memory>

#include "lib/net/connector.hpp"
#include "lib/net/imap_client.hpp"
#include "migration/registry.hpp"

namespace tandem::migration {

class SideAccess {
 public:
  SideAccess(const Registry& registry, const net::Connector& connector)
      : registry_(registry), connector_(connector) {}

  // Connected, encrypted as the endpoint says, logged in, capabilities known.
  Task<Result<std::unique_ptr<net::ImapClient>>> open_imap(Account account, Side side) const;
  // The endpoint of a protocol on a side; not_found where the migration names none.
  [[nodiscard]] Result<net::Endpoint> endpoint(const Account& account, Side side,
                                               net::Protocol protocol) const;

 private:
  const Registry& registry_;
  const net::Connector& connector_;
};

[[nodiscard]] Origin origin_of(Side side);

}  // namespace tandem::migration
