// RelayServer: the side's submission server that sends on what listed machines (scanners, web
// forms) send to other domains, with the log-in that `[relay]` names. Without `via` there is none,
// and such mail is refused. The password is read from its file for each session and not kept; where
// none is named, it is a token of the side's `oauth`.
#pragma once

#include <memory>
#include <string>

#include "config/migration_settings.hpp"
#include "lib/net/connector.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "proxy/gateway/outbound.hpp"

namespace tandem::gateway {

struct RelayParts {
  const net::Connector& connector;
  const migration::SideAccess& access;
};

class RelayServer final : public Outbound {
 public:
  // `migration` has a [relay]; it and the parts outlive this. `host`: our name in EHLO.
  RelayServer(RelayParts parts, const config::MigrationSettings& migration, std::string host);

  Task<Begun> begin(smtp::MailCommand mail) override;
  Task<void> quit() override;
  void give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client,
                 const net::Executor& executor) override;

  [[nodiscard]] const net::Endpoint& endpoint() const override { return endpoint_; }
  [[nodiscard]] const std::string& migration() const override { return migration_.name; }
  [[nodiscard]] Side side() const override { return side_; }
  [[nodiscard]] const std::string* person() const override { return nullptr; }

 private:
  using Client = std::unique_ptr<net::SmtpClient>;
  Task<Result<Client>> log_in();
  Task<Result<Client>> open_with(migration::Credential credential);
  [[nodiscard]] Task<Result<migration::Credential>> credential();

  const RelayParts parts_;
  const config::MigrationSettings& migration_;
  const std::string host_;
  Side side_ = Side::old_side;
  net::Endpoint endpoint_;
  migration::Account machine_;  // whom tokens are for: no account of the list
  Client client_;               // null: none yet, or lent
};

}  // namespace tandem::gateway
