// RelayFront: the policy of one session at the `relay` port, for machines that cannot log in:
// scanners, web forms. The machine's address is in `[relay] from` of a migration, and the sender
// it names in `sender`: then the message goes where a person's would (Outbound). Everybody else is
// refused before he has said a word, so that nothing here can be an open relay (T-34).
#pragma once

#include <string>

#include "config/migration_settings.hpp"
#include "proxy/gateway/front.hpp"
#include "proxy/gateway/relay_rate.hpp"
#include "proxy/gateway/relay_server.hpp"

namespace tandem::gateway {

// Whether this machine may use the port at all.
[[nodiscard]] bool may_relay(const migration::Registry& registry, const std::string& address);

class RelayFront final : public Front {
 public:
  RelayFront(Rooms& rooms, net::Stream& stream, RelayParts parts, RelayRate& rate)
      : Front(rooms, stream), parts_(parts), rate_(rate) {}

  Task<smtp::Reply> on_connect(const net::ConnectionInfo& info) override;
  Task<smtp::Reply> on_mail(smtp::MailCommand command) override;

 private:
  // Whose [relay] takes this sender from this machine; null: nobody's.
  [[nodiscard]] const config::MigrationSettings* relay_for(const std::string& sender) const;
  // What stands against a message from it; nothing: it goes on.
  [[nodiscard]] std::optional<smtp::Reply> objection(const config::MigrationSettings* relay,
                                                     const std::string& sender) const;

  const RelayParts parts_;
  RelayRate& rate_;
  const config::MigrationSettings* relay_ = nullptr;  // of the session's outbound server
};

}  // namespace tandem::gateway
