// RCPT: the home side decides, live (R1, R4); while it is away, mail may be kept for it (R12).
#include <algorithm>
#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "proxy/gateway/transaction.hpp"
#include "proxy/gateway/unknown.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using smtp::Reply;

// More servers in one message are asked for in another one (RFC 5321 4.5.3.1.10): their answers
// after the dot add up, and the sender waits ten minutes.
constexpr std::size_t most_legs = 4;
constexpr Duration known_for = std::chrono::hours(24);  // R12

}  // namespace

bool Transaction::is_named(const std::string& address) const {
  return std::ranges::any_of(recipients(),
                             [&](const Recipient* one) { return one->address == address; });
}

Transaction::Leg* Transaction::leg_at(const net::Endpoint& endpoint) const {
  for (const auto& leg : legs_)
    if (!leg->outside && leg->endpoint == endpoint) return leg.get();
  return nullptr;
}

Task<std::expected<Transaction::Leg*, Transaction::Refusal>> Transaction::open_leg(
    net::Endpoint endpoint, const migration::Route& route, smtp::RcptCommand first) {
  if (legs_.size() >= most_legs) {
    Refusal many{make_reply(452, "4.5.3", "Send to this recipient in a message of its own")};
    co_return std::unexpected(std::move(many));
  }
  if (std::ranges::find(out_of_reach_, endpoint) != out_of_reach_.end())
    co_return std::unexpected(delivery::Handover::unreachable());
  auto server = co_await open_server(endpoint, route, std::move(first));
  if (!server) {
    if (!server.error().reached) out_of_reach_.push_back(endpoint);
    co_return std::unexpected(server.error());
  }
  auto leg = std::make_unique<Leg>();
  leg->endpoint = std::move(endpoint);
  leg->origin = migration::origin_of(route.home);
  leg->server.emplace(std::move(*server));
  legs_.push_back(std::move(leg));
  co_return legs_.back().get();
}

Task<std::expected<delivery::Handover, Transaction::Refusal>> Transaction::open_server(
    net::Endpoint endpoint, const migration::Route& route, smtp::RcptCommand first) {
  std::optional<smtp::ClientIdentity> client;
  // Where a person sits who is logged in says nothing of the message: his mail is ours.
  if (outbound_ == nullptr &&
      migration::is_told_clients(rooms_.registry, route.migration, route.home))
    client = client_.identity;
  co_return co_await delivery::Handover::open(rooms_.upstreams, std::move(endpoint),
                                              migration::origin_of(route.home), mail_,
                                              std::move(first), std::move(client));
}

Task<std::expected<Reply, Transaction::Refusal>> Transaction::ask(Recipient recipient) {
  if (recipient.instead == Instead::outside) {
    const auto outside = co_await leg_outside();
    if (!outside) co_return std::unexpected(outside.error());
    co_return co_await ask_at(**outside, std::move(recipient));
  }
  const auto endpoint = home_endpoint(rooms_.registry, recipient);
  if (!endpoint) {
    log::error("E-GATE-3", "{}", endpoint.error().to_string());
    Refusal nowhere{make_reply(451, "4.3.5", "No server is configured for this mailbox")};
    co_return std::unexpected(std::move(nowhere));
  }
  if (Leg* leg = leg_at(*endpoint)) co_return co_await ask_at(*leg, std::move(recipient));
  smtp::RcptCommand command{recipient.address, recipient.notify, recipient.orcpt};
  const auto leg = co_await open_leg(*endpoint, recipient, std::move(command));
  if (!leg) co_return std::unexpected(leg.error());
  const Reply reply = (*leg)->server->first();
  if (reply.positive()) (*leg)->recipients.push_back(std::move(recipient));
  co_return reply;
}

Task<std::expected<Reply, Transaction::Refusal>> Transaction::ask_at(Leg& leg,
                                                                     Recipient recipient) {
  smtp::RcptCommand command{recipient.address, recipient.notify, recipient.orcpt};
  const auto reply = co_await leg.server->ask(std::move(command));
  if (!reply) co_return std::unexpected(reply.error());
  if (reply->positive()) leg.recipients.push_back(std::move(recipient));
  co_return *reply;
}

// R12: an owed message is no promise made blindly: its home took mail for this address lately. Who
// stands in for a home (R5, R14) is asked live.
bool Transaction::may_be_spooled(const Recipient& recipient) const {
  if (recipient.instead != Instead::no) return false;
  const auto* migration = rooms_.registry.settings(recipient.migration);
  return migration != nullptr &&
         migration->gateway.when_home_is_down == config::WhenHomeIsDown::spool &&
         rooms_.journal.had_mail(recipient.address, at_ - known_for);
}

Task<Reply> Transaction::place(Recipient recipient) {
  const auto reply = co_await ask(recipient);
  if (reply && is_unknown(*reply)) co_return co_await unknown_at_home(std::move(recipient), *reply);
  if (reply) co_return *reply;
  if (reply.error().reached || !may_be_spooled(recipient)) co_return reply.error().reply;
  spooled_.push_back(std::move(recipient));
  co_return make_reply(250, "2.1.5", "Ok, kept until the mailbox's server is back");
}

// Where a person's program is says nothing of loops: it has logged in.
bool Transaction::comes_from(const std::string& migration, Side side) const {
  return outbound_ == nullptr && rooms_.neighbours.is(migration, side, client_.identity.address);
}

Task<Reply> Transaction::rcpt(smtp::RcptCommand command) {
  auto route = gateway_route(rooms_.registry, command.to);
  if (!route && outbound_ != nullptr) co_return co_await rcpt_outside(std::move(command));
  if (!route) co_return make_reply(550, "5.7.1", "Relaying denied: not a domain of ours");
  if (outbound_ != nullptr) {
    const auto allowed = co_await may_send();
    if (!allowed.positive()) co_return allowed;
  }
  if (route->account != 0 && rooms_.fence.is_held(route->account)) co_return being_moved();
  if (is_named(route->address)) co_return make_reply(250, "2.1.5", "Ok, as before");
  Recipient recipient{std::move(*route), Instead::no, command.notify, command.orcpt};
  if (!comes_from(recipient.migration, recipient.home))
    co_return co_await place(std::move(recipient));
  // R14: the home side sent it to us, so it would send it to us again.
  Recipient turned{turned_round(recipient), Instead::came_from_home, recipient.notify,
                   recipient.orcpt};
  const auto reply = co_await ask(std::move(turned));
  if (!reply) co_return reply.error().reply;
  if (!reply->permanent()) co_return *reply;
  co_return make_reply(554, "5.4.6", "This message came from the server it would go to");
}

}  // namespace tandem::gateway
