// RelayServer: the side's submission server that sends on what listed machines (scanners, web
// forms) send to other domains, with the log-in that `[relay]` names. Without `via` there is none,
// and such mail is refused. The password is read from its file for each session and not kept.
#pragma once

#include <memory>
#include <string>

#include "config/migration_settings.hpp"
#include "lib/net/connector.hpp"
#include "migration/registry.hpp"
#include "proxy/gateway/outbound.hpp"

namespace tandem::gateway {

class RelayServer final : public Outbound {
 public:
  // `migration` has a [relay]; both it and `connector` outlive this. `host`: our name in EHLO.
  RelayServer(const net::Connector& connector, const config::MigrationSettings& migration,
              std::string host);

  Task<Begun> begin(smtp::MailCommand mail) override;
  Task<void> quit() override;
  void give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client,
                 const net::Executor& executor) override;

  [[nodiscard]] const net::Endpoint& endpoint() const override { return endpoint_; }
  [[nodiscard]] const std::string& migration() const override { return migration_.name; }
  [[nodiscard]] Side side() const override { return side_; }
  [[nodiscard]] const std::string* person() const override { return nullptr; }

 private:
  Task<Result<std::unique_ptr<net::SmtpClient>>> log_in();

  const net::Connector& connector_;
  const config::MigrationSettings& migration_;
  const std::string host_;
  Side side_ = Side::old_side;
  net::Endpoint endpoint_;
  std::unique_ptr<net::SmtpClient> client_;  // null: none yet, or lent
};

}  // namespace tandem::gateway
