// Canary: sends one message through the gateway's own front, as any server would, and looks for it
// in its reader's mailboxes (migration/canary.hpp). Internal to the Gateway.
#pragma once

#include <functional>

#include "lib/net/smtp_client.hpp"
#include "migration/canary.hpp"
#include "migration/side_access.hpp"
#include "proxy/gateway/journal.hpp"

namespace tandem::gateway {

using net::Task;

class Canary {
 public:
  // A session of the gateway with this stream, until its end.
  using Serve = std::function<Task<void>(net::StreamPtr)>;

  Canary(const migration::Registry& registry, const migration::SideAccess& access,
         const Journal& journal, const Clock& clock, std::string hostname, Serve serve)
      : registry_(registry),
        access_(access),
        journal_(journal),
        clock_(clock),
        hostname_(std::move(hostname)),
        serve_(std::move(serve)) {}

  Task<Result<migration::CanaryReport>> send(migration::CanaryOrder order) const;

 private:
  // Where it went.
  void find(migration::CanaryReport& report) const;
  // The answer that ended it.
  Task<Result<smtp::Reply>> hand_in(net::SmtpClient& client, const migration::CanaryOrder& order,
                                    std::string letter) const;
  Task<Result<smtp::Reply>> say(migration::CanaryOrder order) const;
  Task<void> look(migration::CanarySight& sight, migration::Account account, std::string trace,
                  Duration patience) const;
  Task<void> look_by_pop3(migration::CanarySight& sight, migration::Account account,
                          std::string trace, Duration patience) const;
  Task<Result<void>> look_once(net::ImapClient& client, migration::CanarySight& sight,
                               std::string trace) const;
  [[nodiscard]] std::string letter(const migration::CanaryOrder& order) const;

  const migration::Registry& registry_;
  const migration::SideAccess& access_;
  const Journal& journal_;
  const Clock& clock_;
  std::string hostname_;
  Serve serve_;
};

}  // namespace tandem::gateway
