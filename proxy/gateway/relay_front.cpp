#include "proxy/gateway/relay_front.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "proxy/gateway/relay_server.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using smtp::Reply;

// "scan@example.jp" is that address, "@example.jp" any of that domain.
bool is_sender(const config::RelaySettings& relay, const std::string& sender) {
  const std::string_view domain =
      std::string_view(sender).substr(std::min(sender.rfind('@'), sender.size()));
  return std::ranges::any_of(relay.senders, [&](const std::string& listed) {
    return iequals(listed, listed.starts_with('@') ? domain : std::string_view(sender));
  });
}

}  // namespace

bool may_relay(const migration::Registry& registry, const std::string& address) {
  return std::ranges::any_of(registry.migrations(), [&](const auto& migration) {
    return migration.relay.from.contains(address);
  });
}

Task<Reply> RelayFront::on_connect(const net::ConnectionInfo& info) {
  if (may_relay(rooms().registry, info.peer_address)) co_return make_reply(220, "", "ready");
  log::warning("W-RELAY-2", "{} is not listed in any [relay] and is refused", info.peer_address);
  co_return make_reply(554, "5.7.1", "Your address is not one that may relay here");
}

const config::MigrationSettings* RelayFront::relay_for(const std::string& sender) const {
  const std::string& machine = stream().info().peer_address;
  const auto& all = rooms().registry.migrations();
  const auto found = std::ranges::find_if(all, [&](const auto& migration) {
    return migration.relay.from.contains(machine) && is_sender(migration.relay, sender);
  });
  return found == all.end() ? nullptr : &*found;
}

std::optional<Reply> RelayFront::objection(const config::MigrationSettings* relay,
                                           const std::string& sender) const {
  const std::string& machine = stream().info().peer_address;
  if (relay == nullptr) {
    log::warning("W-RELAY-3", "{} may not send from <{}>", machine, printable(sender, 100));
    return make_reply(553, "5.7.1", "This address is not one that you may send from");
  }
  if (relay->relay.tls_required && !stream().info().tls)
    return make_reply(530, "5.7.0", "Say STARTTLS first");
  if (rate_.take(machine, relay->relay.per_hour)) return std::nullopt;
  log::warning("W-RELAY-4", "{} has sent {} messages in an hour and has to wait", machine,
               relay->relay.per_hour);
  return make_reply(450, "4.7.1", "Too many messages in an hour, try again later");
}

Task<Reply> RelayFront::on_mail(smtp::MailCommand command) {
  const auto* relay = relay_for(command.from);
  auto refused = objection(relay, command.from);
  if (refused) co_return std::move(*refused);
  if (relay_ != relay)
    send_by(std::make_unique<RelayServer>(parts_, *relay, rooms().options.hostname));
  relay_ = relay;
  co_return co_await Front::on_mail(std::move(command));
}

}  // namespace tandem::gateway
