#include "proxy/gateway/unknown.hpp"

#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {
namespace {

using config::OnUnknown;
using smtp::make_reply;
using smtp::Reply;

constexpr Duration remembered = std::chrono::minutes(10);

Reply come_again() {
  return make_reply(451, "4.2.0", "This mailbox is not ready at its new place, try again later");
}

// A server's answer to RCPT, asked for nobody's message. Nothing: it gives none, or not now.
Task<std::optional<bool>> knows(delivery::UpstreamPool& upstreams, net::Endpoint endpoint,
                                Origin origin, std::string address) {
  smtp::MailCommand nobody;
  smtp::RcptCommand command{.to = std::move(address)};
  auto server = co_await delivery::Handover::open(upstreams, std::move(endpoint), origin,
                                                  std::move(nobody), std::move(command));
  if (!server) co_return std::nullopt;
  const Reply reply = server->first();
  co_await server->finish();
  if (reply.temporary()) co_return std::nullopt;
  co_return reply.positive();
}

}  // namespace

bool is_unknown(const Reply& reply) {
  if (!reply.permanent()) return false;
  const auto told = delivery::diagnose(delivery::read_server_words(reply.to_string()));
  return told.error_class == delivery::ErrorClass::unknown_mailbox;
}

bool is_last_word(const migration::Registry& registry, const std::string& migration,
                  migration::AccountId account) {
  const auto* settings = registry.settings(migration);
  if (settings == nullptr || settings->gateway.on_unknown == OnUnknown::reject) return true;
  const auto routes = registry.routes();
  const auto* found = routes->account(account);
  return found != nullptr && found->phase == migration::Phase::finished;
}

Task<std::optional<bool>> CatchAlls::takes_anybody(net::Endpoint endpoint, Origin origin,
                                                   std::string domain) {
  const std::string key = endpoint.to_string() + " " + domain;
  {
    const std::lock_guard lock(mutex_);
    const auto found = known_.find(key);
    if (found != known_.end() && clock_.steady() < found->second.until)
      co_return found->second.takes;
  }
  const auto takes =
      co_await knows(upstreams_, std::move(endpoint), origin, new_trace_id() + "@" + domain);
  if (!takes) co_return std::nullopt;
  const std::lock_guard lock(mutex_);
  known_[key] = {.takes = *takes, .until = clock_.steady() + remembered};
  co_return takes;
}

// What the account list knows is not refused for good while both sides are in use; of others the
// other side decides, if it is choosy.
Task<Reply> Transaction::unknown_at_home(Recipient recipient, Reply reply) {
  if (recipient.instead != Instead::no) co_return reply;  // a side that stood in before (R11)
  if (is_last_word(rooms_.registry, recipient.migration, recipient.account)) co_return reply;
  const bool listed = recipient.account != 0;
  const std::string address = recipient.address;
  const Side side = recipient.home;
  const auto instead = co_await stand_in(std::move(recipient), std::move(reply));
  if (instead.permanent() && !listed) co_return instead;
  log::error("E-GATE-8", "the {} side does not know {}: make the mailbox there ({})",
             migration::name_of(side), address,
             instead.positive() ? "its mail goes to the other side" : "its senders try again");
  if (instead.permanent()) co_return come_again();
  co_return instead;
}

// The other side's answer; `reply` where it cannot be asked or would take anybody.
Task<Reply> Transaction::stand_in(Recipient recipient, Reply reply) {
  static_cast<migration::Route&>(recipient) = turned_round(recipient);
  recipient.instead = Instead::unknown_at_home;
  recipient.mirror.reset();  // there is no mailbox for a copy; the sync carries it once there is
  // R14: not back to where it came from.
  if (comes_from(recipient.migration, recipient.home)) co_return reply;
  const auto endpoint = home_endpoint(rooms_.registry, recipient);
  if (!endpoint) co_return reply;
  const std::string domain = recipient.address.substr(recipient.address.rfind('@') + 1);
  const auto anybody = co_await rooms_.catch_alls.takes_anybody(
      *endpoint, migration::origin_of(recipient.home), domain);
  if (!anybody || *anybody) co_return reply;
  const auto* migration = rooms_.registry.settings(recipient.migration);
  if (migration->gateway.on_unknown == OnUnknown::fallback) {
    const auto answer = co_await ask(std::move(recipient));
    co_return answer ? *answer : reply;
  }
  const auto known = co_await knows(rooms_.upstreams, *endpoint,
                                    migration::origin_of(recipient.home), recipient.address);
  co_return known.value_or(false) ? come_again() : reply;
}

}  // namespace tandem::gateway
