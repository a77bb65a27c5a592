#include "webui/context.hpp"

#include <algorithm>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "lib/net/sync.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/describe_overview.hpp"

namespace tandem::webui {
namespace {

using migration::Event;

void take_note(News& news, const Event& event) {
  if (event.kind == Event::Kind::delivery) return news.live.delivery(event.trace_id);
  if (event.kind == Event::Kind::run) {
    const auto run = news.runs.at_step(event.account, event.step);
    if (run) news.live.run(*run);
  }
  if (event.account != 0) news.live.account(event.account);
}

}  // namespace

Context::Context(WebParts given, WebOptions chosen)
    : parts(given),
      options(std::move(chosen)),
      users(parts.store),
      sessions(parts.clock),
      lockout(parts.clock),
      roll_backs(parts.registry),
      news(std::make_shared<News>()),
      started(parts.clock.wall()) {
  subscription_ =
      parts.events.subscribe([kept = news](const Event& event) { take_note(*kept, event); });
}

Context::~Context() {
  parts.events.unsubscribe(subscription_);
}

AccountState Context::look_at(const migration::Account& account) {
  AccountState state{.account = account, .progress = parts.copies.progress(account.id)};
  state.state = state_of(account, state.progress, roll_backs.includes(account));
  const WallTime now = parts.clock.wall();
  const auto by_rate =
      account_rates.eta(account.address, bytes_left(state.progress), parts.clock.steady(), now);
  state.eta = eta_of(state.progress, migration::home_of(account.phase), by_rate, now);
  return state;
}

std::vector<AccountState> Context::accounts(std::string_view migration) {
  std::vector<AccountState> list;
  const auto routes = parts.registry.routes();
  for (const auto& account : routes->accounts())
    if (migration.empty() || account.migration == migration) list.push_back(look_at(account));
  return list;
}

std::shared_ptr<const std::string> Context::overview(Duration age) {
  const std::lock_guard lock(overview_mutex_);
  const SteadyTime now = parts.clock.steady();
  if (overview_ && now - overview_at_ < age) return overview_;
  overview_ = std::make_shared<const std::string>(boost::json::serialize(describe_overview(*this)));
  overview_at_ = now;
  return overview_;
}

migration::DeliveryCounts Context::delivery_counts(const std::string& migration) {
  const std::lock_guard lock(counts_mutex_);
  Counted& counted = counts_[migration];
  const SteadyTime begun = parts.clock.steady();
  if (begun < counted.good_until) return counted.counts;
  counted.counts = parts.deliveries.counts(migration);
  const SteadyTime now = parts.clock.steady();
  counted.good_until = now + std::max<Duration>(std::chrono::seconds(1), 20 * (now - begun));
  return counted.counts;
}

void Context::tell(migration::AccountId account) {
  parts.events.publish(
      {.kind = Event::Kind::account, .account = account, .trace_id = {}, .step = {}, .text = {}});
}

std::string Caller::who() const {
  return fmt::format("{} ({})", user, from);
}

net::HttpResponse reply_json(std::string body, int status) {
  net::HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  return response;
}

net::HttpResponse reply_fault(const Fault& fault) {
  const boost::json::object error = {
      {"kind", fault.kind},
      {"what", fault.what},
      {"server_words", fault.server_words.empty() ? boost::json::value(nullptr)
                                                  : boost::json::value(fault.server_words)},
      {"next_step", fault.next_step}};
  return reply_json(boost::json::serialize(boost::json::object{{"error", error}}), fault.status);
}

net::HttpResponse reply_error(const Error& error) {
  Fault fault{.status = 500,
              .kind = "internal",
              .what = error.what,
              .next_step = error.next_step,
              .server_words = error.server_words};
  if (error.kind == ErrorKind::conflict) fault.status = 409, fault.kind = "not_ready";
  if (error.kind == ErrorKind::not_found) fault.status = 404, fault.kind = "not_found";
  if (error.kind == ErrorKind::invalid) fault.status = 400, fault.kind = "bad_request";
  return reply_fault(fault);
}

net::HttpResponse bad_request(std::string what) {
  return reply_fault({.status = 400,
                      .kind = "bad_request",
                      .what = std::move(what),
                      .next_step = "See webui/openapi.json for what belongs here.",
                      .server_words = {}});
}

}  // namespace tandem::webui
