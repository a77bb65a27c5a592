// /api/events: a snapshot first, then what changed, each thing as it is now. A listener holds no
// backlog: it keeps the number of the last change it was told (live.hpp), so a slow one costs
// nothing and a returning one goes on from its Last-Event-ID.
#include <algorithm>
#include <fmt/core.h>
#include <optional>

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/describe_delivery.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration between_changes = milliseconds(250);  // 4 a second per account
constexpr Duration between_totals = seconds(1);
constexpr Duration silence = seconds(10);  // then a beat
constexpr std::size_t most_changes = 500;  // more: a snapshot is shorter
constexpr std::size_t most_deliveries = 20;
constexpr std::size_t most_recipients = 20;  // of one message
constexpr Duration shown_run = std::chrono::hours(1);

std::string event_text(std::string_view name, const std::string& id, std::string_view data) {
  const std::string line = id.empty() ? "" : fmt::format("id: {}\n", id);
  return fmt::format("{}event: {}\ndata: {}\n\n", line, name, data);
}

// A place among the listeners; gives it back when it goes.
class Place {
 public:
  explicit Place(Context& context)
      : taken_(context.listeners), good_(++taken_ <= context.options.listeners) {}
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  explicit operator bool() const { return good_; }

 private:
  std::atomic<std::size_t>& taken_;
  bool good_;
};

// Wakes the listener's coroutine at each change and when the program stops.
class Alarm {
 public:
  Alarm(Live& live, net::TaskGroup& group) : live_(live), bell_(group.executor()), group_(group) {
    const net::RemoteNotifier bell = bell_;
    listener_ = live_.listen([bell] { bell.notify(); });
    stop_ = group.on_stop([bell] { bell.notify(); });
  }
  ~Alarm() { live_.unlisten(listener_); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
  [[nodiscard]] const net::RemoteNotifier& bell() const { return bell_; }
  [[nodiscard]] bool stopping() const { return group_.stopping(); }

 private:
  Live& live_;
  net::RemoteNotifier bell_;
  net::TaskGroup& group_;
  net::TaskGroup::StopHandle stop_;
  std::uint64_t listener_ = 0;
};

class Listener {
 public:
  Listener(Context& context, std::optional<std::uint64_t> seen) : context_(context), seen_(seen) {}

  // What there is to tell now, as text of the stream; empty: nothing.
  std::string news() {
    Live& live = context_.news->live;
    if (!seen_) return snapshot();
    const Changes changes = live.since(*seen_);
    if (changes.list.size() > most_changes) return snapshot();
    std::string text = told(changes);
    totals_due_ = totals_due_ || !changes.list.empty();
    seen_ = changes.number;
    const SteadyTime now = context_.parts.clock.steady();
    if (totals_due_ && now - totals_at_ >= between_totals) text += totals(now);
    return text;
  }
  std::string beat() const {
    const json::object at = {{"at", time_text(context_.parts.clock.wall())}};
    return event_text("beat", "", json::serialize(at));
  }
  // How long there will be nothing to tell unless something changes.
  [[nodiscard]] Duration quiet() const {
    if (!totals_due_) return silence;
    const SteadyTime now = context_.parts.clock.steady();
    return std::max<Duration>(totals_at_ + between_totals - now, milliseconds(1));
  }

 private:
  std::string snapshot() {
    seen_ = context_.news->live.number();
    const WallTime now = context_.parts.clock.wall();
    json::array accounts;
    for (const auto& one : context_.accounts()) accounts.push_back(describe(one, now));
    json::array runs;
    for (const Run& run : context_.news->runs.all())
      if (now - run.finished.value_or(now) < shown_run) runs.push_back(describe(run));
    totals_at_ = context_.parts.clock.steady();
    totals_due_ = false;
    const auto overview = context_.overview(between_totals);
    const std::string data = fmt::format(R"({{"overview":{},"accounts":{},"runs":{}}})", *overview,
                                         json::serialize(accounts), json::serialize(runs));
    return event_text("snapshot", context_.news->live.id_of(*seen_), data);
  }

  std::string totals(SteadyTime now) {
    totals_at_ = now;
    totals_due_ = false;
    const auto overview = context_.overview(between_totals);
    return event_text("overview", context_.news->live.id_of(*seen_), *overview);
  }

  std::string told(const Changes& changes) {
    std::string text;
    auto deliveries = static_cast<std::size_t>(
        std::ranges::count(changes.list, Change::Kind::delivery, &Change::kind));
    for (const Change& change : changes.list) {
      const std::string id = context_.news->live.id_of(change.number);
      switch (change.kind) {
        case Change::Kind::account: text += account(change, id); break;
        case Change::Kind::run: text += run(change, id); break;
        case Change::Kind::delivery:
          if (deliveries-- <= most_deliveries) text += delivery(change, id);
      }
    }
    return text;
  }

  std::string account(const Change& change, const std::string& id) {
    const auto routes = context_.parts.registry.routes();
    const auto* found = routes->account(change.account);
    if (found == nullptr) return {};
    const auto told = describe(context_.look_at(*found), context_.parts.clock.wall());
    return event_text("account", id, json::serialize(told));
  }

  std::string run(const Change& change, const std::string& id) const {
    const auto found = context_.news->runs.find(change.id);
    return found ? event_text("run", id, json::serialize(describe(*found))) : "";
  }

  std::string delivery(const Change& change, const std::string& id) const {
    std::string text;
    for (const auto& one : context_.parts.deliveries.recent(most_recipients, change.id))
      if (one.trace_id == change.id)
        text += event_text("delivery", id, json::serialize(describe(one)));
    return text;
  }

  Context& context_;
  std::optional<std::uint64_t> seen_;  // nothing: a snapshot is due
  SteadyTime totals_at_{};
  bool totals_due_ = false;
};

HttpResponse head() {
  HttpResponse response;
  response.headers.add("Content-Type", "text/event-stream");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");
  response.body = "retry: 2000\n\n";
  return response;
}

bool may_listen(Context& context, const Caller& caller) {
  return caller.cookie.empty() || context.sessions.is_open(caller.cookie);
}

}  // namespace

Task<void> stream_events(Context& context, const Request& request, net::HttpResponder& responder,
                         net::TaskGroup& group) {
  const Place place(context);
  if (!place) {
    const Fault full{.status = 503,
                     .kind = "busy",
                     .what = "Too many pages are open.",
                     .next_step = "Close some and try again.",
                     .server_words = {}};
    (void)co_await responder.send(reply_fault(full));
    co_return;
  }
  Alarm alarm(context.news->live, group);
  Listener listener(context,
                    context.news->live.number_in(request.http.headers.get("Last-Event-ID")));
  auto sent = co_await responder.begin(head());
  SteadyTime said{};
  while (sent && !alarm.stopping() && may_listen(context, request.caller)) {
    std::string text = listener.news();
    const SteadyTime now = context.parts.clock.steady();
    if (text.empty() && now - said >= silence) text = listener.beat();
    if (!text.empty()) {
      said = now;
      sent = co_await responder.write(text);
      // What changes meanwhile is told together.
      if (sent && !co_await net::sleep_for(between_changes)) co_return;
      continue;
    }
    (void)co_await alarm.bell().wait_for(listener.quiet());
    if ((co_await boost::asio::this_coro::cancellation_state).cancelled() !=
        boost::asio::cancellation_type::none)
      co_return;
  }
  (void)co_await responder.finish();
}

}  // namespace tandem::webui
