// RCPT: the home side decides, live (R1, R4).
#include <algorithm>
#include <utility>

#include "lib/base/log.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using smtp::Reply;

// More servers in one message are asked for in another one (RFC 5321 4.5.3.1.10): their answers
// after the dot add up, and the sender waits ten minutes.
constexpr std::size_t most_legs = 4;

}  // namespace

bool Transaction::is_named(const std::string& address) const {
  return std::ranges::any_of(recipients(),
                             [&](const Recipient* one) { return one->address == address; });
}

Task<Transaction::Leg*> Transaction::leg_to(net::Endpoint endpoint, const migration::Route& route,
                                            Reply& refusal) {
  for (const auto& leg : legs_)
    if (leg->endpoint == endpoint) co_return leg.get();
  if (legs_.size() >= most_legs) {
    refusal = make_reply(452, "4.5.3", "Send to this recipient in a message of its own");
    co_return nullptr;
  }
  const Origin origin = migration::origin_of(route.home);
  std::optional<smtp::ClientIdentity> client;
  if (home_knows_client(rooms_.registry, route)) client = client_;
  auto server = co_await delivery::Handover::open(rooms_.upstreams, endpoint, origin, mail_,
                                                  std::move(client));
  if (!server) {
    refusal = server.error().reply;
    co_return nullptr;
  }
  auto leg = std::make_unique<Leg>();
  leg->endpoint = std::move(endpoint);
  leg->origin = origin;
  leg->server.emplace(std::move(*server));
  legs_.push_back(std::move(leg));
  co_return legs_.back().get();
}

Task<Reply> Transaction::ask(Leg& leg, migration::Route route) {
  const auto reply = co_await leg.server->ask(route.address);
  if (!reply) co_return reply.error().reply;
  if (reply->positive()) leg.recipients.push_back(std::move(route));
  co_return *reply;
}

Task<Reply> Transaction::rcpt(smtp::RcptCommand command) {
  auto route = gateway_route(rooms_.registry, command.to);
  if (!route) co_return make_reply(550, "5.7.1", "Relaying denied: not a domain of ours");
  if (route->account != 0 && rooms_.fence.is_held(route->account))
    co_return make_reply(451, "4.2.1", "This mailbox is being moved, try again in a minute");
  if (is_named(route->address)) co_return make_reply(250, "2.1.5", "Ok, as before");
  if (!rooms_.neighbours.is(route->migration, route->home, client_.address))
    co_return co_await ask_side(std::move(*route));
  // R14: the home side sent it to us, so it would send it to us again.
  const auto reply = co_await ask_side(turned_round(std::move(*route)));
  if (!reply.permanent()) co_return reply;
  co_return make_reply(554, "5.4.6", "This message came from the server it would go to");
}

Task<Reply> Transaction::ask_side(migration::Route route) {
  const auto endpoint = home_endpoint(rooms_.registry, route);
  if (!endpoint) {
    log::error("E-GATE-3", "{}", endpoint.error().to_string());
    co_return make_reply(451, "4.3.5", "No server is configured for this mailbox");
  }
  Reply refusal;
  Leg* leg = co_await leg_to(*endpoint, route, refusal);
  if (leg == nullptr) co_return refusal;
  co_return co_await ask(*leg, std::move(route));
}

}  // namespace tandem::gateway
