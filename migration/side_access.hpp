// SideAccess: logs in at a side as an account, over IMAP, with the account's stored password, the
// side's master user or an OAuth token (oauth/side_tokens.hpp). One place and one per process, so
// that sync, mirror copies and the preflight ask alike, share tokens and fail with the same words.
//
// Errors carry the side as their origin. A wrong password is kind authentication and is not tried
// again by itself (a loop of log-ins locks people out). A token that the server refuses is replaced
// by a new one, once. Any io thread; the client stays on it.
#pragma once

#include <memory>

#include "lib/net/connector.hpp"
#include "lib/net/imap_client.hpp"
#include "migration/registry.hpp"

namespace tandem::migration::oauth {
class SideTokens;
}

namespace tandem::migration {

class SideAccess {
 public:
  SideAccess(Registry& registry, const net::Connector& connector);
  ~SideAccess();
  SideAccess(const SideAccess&) = delete;
  SideAccess& operator=(const SideAccess&) = delete;

  // Connected, encrypted as the endpoint says, logged in, capabilities known.
  Task<Result<std::unique_ptr<net::ImapClient>>> open_imap(Account account, Side side) const;
  // What open_imap logs in with, for other protocols: a password or a token.
  Task<Result<Credential>> credential(Account account, Side side) const;
  // How this side's servers are logged in to; none: by passwords.
  [[nodiscard]] config::OAuthKind oauth(const Account& account, Side side) const;
  // Its provider takes tokens only, and none are configured.
  [[nodiscard]] bool needs_oauth(const Account& account, Side side) const;
  // The endpoint of a protocol on a side; not_found where the migration names none.
  [[nodiscard]] Result<net::Endpoint> endpoint(const Account& account, Side side,
                                               net::Protocol protocol) const;

 private:
  using Client = std::unique_ptr<net::ImapClient>;
  Task<Result<Client>> open_with(Account account, Side side, net::Endpoint where,
                                 Credential credential) const;
  [[nodiscard]] std::unexpected<Error> failed_at(const Account& account, Side side,
                                                 Error error) const;

  const Registry& registry_;
  const net::Connector& connector_;
  std::unique_ptr<oauth::SideTokens> tokens_;
};

[[nodiscard]] Origin origin_of(Side side);

}  // namespace tandem::migration
