// /api/events: snapshot, changes, resuming, pace, and ends.
#include <fmt/core.h>

#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::CopyState;
using std::chrono::milliseconds;
using std::chrono::seconds;

struct Told {
  std::string name, id;
  json::value data;
};

// What a browser's EventSource has received; it lives until its connection ends.
struct Received {
  net::StreamPtr stream;
  std::string bytes;
};

Task<void> receive(std::shared_ptr<Received> into) {
  char room[16 * 1024];
  for (;;) {
    const auto count = co_await into->stream->read_some(room);
    if (!count || *count == 0) co_return;
    into->bytes.append(room, *count);
  }
}

// An EventSource over a memory stream.
class Source {
 public:
  Source(Site& site, std::string cookie, std::string last_id = "")
      : site_(site),
        received_(std::make_shared<Received>(site.connect())),
        cookie_(std::move(cookie)),
        last_(std::move(last_id)) {}

  Task<void> open() {
    std::string request =
        "GET /api/events HTTP/1.1\r\nHost: localhost\r\nCookie: tandem_session=" + cookie_ + "\r\n";
    if (!last_.empty()) request += "Last-Event-ID: " + last_ + "\r\n";
    (void)co_await received_->stream->write(request + "\r\n");
  }

  // What has been sent by now, after letting everything run for `time`. Nothing is read before the
  // first call.
  Task<std::vector<Told>> after(Duration time) {
    if (!std::exchange(reading_, true)) site_.net.group.spawn(receive(received_));
    co_await site_.net.timers.pass(time);
    co_return take();
  }

  [[nodiscard]] const std::string& rest() const { return received_->bytes; }

 private:
  std::vector<Told> take() {
    std::string& bytes = received_->bytes;
    std::vector<Told> told;
    for (;;) {
      const auto begin = bytes.find("event: ");
      const auto end = bytes.find("\n\n", begin);
      if (begin == bytes.npos || end == bytes.npos) return told;
      Told one;
      const auto id = bytes.rfind("id: ", begin);
      if (id != bytes.npos) one.id = bytes.substr(id + 4, bytes.find('\n', id) - id - 4);
      one.name = bytes.substr(begin + 7, bytes.find('\n', begin) - begin - 7);
      const auto data = bytes.find("data: ", begin) + 6;
      one.data = json::parse(bytes.substr(data, end - data));
      CHECK(faults(event_schema(one.name), one.data) == "");
      told.push_back(std::move(one));
      bytes.erase(0, end + 2);
    }
  }

  Site& site_;
  std::shared_ptr<Received> received_;
  std::string cookie_;
  std::string last_;
  bool reading_ = false;
};

std::vector<std::string> names(const std::vector<Told>& told) {
  std::vector<std::string> list;
  for (const auto& one : told) list.push_back(one.name);
  return list;
}
using Names = std::vector<std::string>;

void change(Site& site, const std::string& address, std::uint64_t done) {
  const auto id = site.account(address).id;
  site.rooms.copies[id].messages_done = done;
  site.events.publish({.kind = migration::Event::Kind::account, .account = id});
}

Task<void> live(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Source source(site, browser.cookie);
  co_await source.open();
  auto told = co_await source.after(milliseconds(10));
  REQUIRE(names(told) == Names{"snapshot"});
  CHECK(told[0].data.at("accounts").as_array().size() == 2);
  const std::string snapshot_id = told[0].id;
  CHECK(snapshot_id != "");
  co_await site.net.timers.pass(seconds(2));
  // A hundred changes of one thing are told once, as it is now.
  for (int i = 0; i < 100; ++i) change(site, "aoki@example.jp", 100 + i);
  told = co_await source.after(milliseconds(10));
  REQUIRE(names(told) == Names{"account", "overview"});
  CHECK(told[0].data.at("copied").at("messages_done") == 199);
  const std::string last = told[0].id;
  change(site, "aoki@example.jp", 300);
  told = co_await source.after(milliseconds(100));
  CHECK(told.empty());  // not faster than 4 a second
  told = co_await source.after(milliseconds(200));
  CHECK(names(told) == Names{"account"});  // and totals 1 a second
  told = co_await source.after(seconds(1));
  CHECK(names(told) == Names{"overview"});
  told = co_await source.after(seconds(9));
  CHECK(told.empty());
  told = co_await source.after(seconds(2));
  CHECK(names(told) == Names{"beat"});
  // Coming back: from where it was, not from the start.
  change(site, "baba@example.jp", 5);
  Source again(site, browser.cookie, last);
  co_await again.open();
  told = co_await again.after(milliseconds(10));
  REQUIRE(names(told) == Names{"account", "account", "overview"});
  CHECK(told[0].data.at("copied").at("messages_done") == 300);
  CHECK(told[1].data.at("address") == "baba@example.jp");
  // An id of another start of the program gets a snapshot.
  Source stale(site, browser.cookie, "0123456789ab.5");
  co_await stale.open();
  told = co_await stale.after(milliseconds(10));
  CHECK(names(told) == Names{"snapshot"});
}

TEST_CASE("events: a snapshot, then each change once, at its pace, and on from Last-Event-ID") {
  Site site;
  site.import({"aoki@example.jp", "baba@example.jp"});
  site.make_ready("aoki@example.jp");
  site.run(live);
}

Task<void> deliveries_and_runs(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Source source(site, browser.cookie);
  co_await source.open();
  (void)co_await source.after(seconds(2));
  site.rooms.deliveries = {
      {.trace_id = "t1", .recipient = "aoki@example.jp", .home = "delivered", .mirror = "pending"},
      {.trace_id = "t12", .recipient = "baba@example.jp"}};
  site.events.publish({.kind = migration::Event::Kind::delivery, .trace_id = "t1"});
  auto told = co_await source.after(milliseconds(10));
  REQUIRE(names(told) == Names{"delivery", "overview"});
  CHECK(told[0].data.at("recipient") == "aoki@example.jp");
  (void)co_await source.after(seconds(1));
  const Answer answer = co_await browser.post(
      "/api/cutover",
      R"({"migration":"example","accounts":["aoki@example.jp"],"simulate":false,
          "confirm":"example.jp"})");
  REQUIRE(answer.status == 200);
  std::vector<std::string> states;
  auto note = [&states](const std::vector<Told>& list) {
    for (const auto& one : list)
      if (one.name == "run") states.emplace_back(one.data.at("state").as_string());
  };
  told = co_await source.after(milliseconds(10));
  note(told);
  co_await site.end_runs();
  told = co_await source.after(seconds(1));
  note(told);
  REQUIRE(states.size() >= 2);
  CHECK(states.front() == "running");
  CHECK(states.back() == "done");
  Source later(site, browser.cookie);
  co_await later.open();
  told = co_await later.after(milliseconds(10));
  CHECK(told[0].data.at("runs").as_array().size() == 1);
}

TEST_CASE("events: deliveries and the progress of a run") {
  Site site;
  site.import({"aoki@example.jp", "baba@example.jp"});
  site.make_ready("aoki@example.jp");
  site.run(deliveries_and_runs);
}

Task<void> ends(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Source source(site, browser.cookie);
  co_await source.open();
  (void)co_await source.after(seconds(1));
  (void)co_await browser.post("/api/logout", "{}");
  (void)co_await source.after(seconds(11));
  CHECK(source.rest().ends_with("0\r\n\r\n"));
  Browser second{site};
  co_await second.enter();
  std::vector<std::unique_ptr<Source>> many;
  for (int i = 0; i < 3; ++i) {
    many.push_back(std::make_unique<Source>(site, second.cookie));
    co_await many.back()->open();
    (void)co_await many.back()->after(milliseconds(10));
  }
  CHECK(many.back()->rest().contains("503"));
  // When the program stops, open streams end by themselves.
  CHECK(site.net.group.running() >= 2);
  site.net.group.request_stop();
  co_await site.net.timers.pass(milliseconds(300));
  CHECK(site.net.group.running() == 0);
}

Task<void> within_a_pass(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  net::TaskGroup group(site.net.executor());
  group.spawn(site.web->run(group));
  Source source(site, browser.cookie);
  co_await source.open();
  (void)co_await source.after(seconds(6));
  site.rooms.copies[site.account("aoki@example.jp").id].messages_done = 77;
  const auto told = co_await source.after(seconds(6));
  REQUIRE(names(told) == Names{"account", "overview"});
  CHECK(told[0].data.at("copied").at("messages_done") == 77);
  group.request_stop();
  co_await group.join();
}

TEST_CASE("events: progress within a pass is told though nobody publishes it") {
  Site site;
  site.import({"aoki@example.jp", "baba@example.jp"});
  site.make_ready("aoki@example.jp");
  site.run(within_a_pass);
}

TEST_CASE("events end with the session and with the program; listeners are bounded") {
  Site site;
  site.open({.listeners = 2});
  site.import({"aoki@example.jp"});
  site.run(ends);
}

Task<void> slow(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Source source(site, browser.cookie);
  co_await source.open();
  // Nobody reads: the writer waits, whatever happens meanwhile.
  for (int i = 0; i < 2000; ++i) {
    change(site, "a" + std::to_string(i % 600) + "@example.jp", i);
    if (i % 100 == 0) co_await site.net.timers.pass(milliseconds(10));
  }
  const auto told = co_await source.after(seconds(1));
  REQUIRE(names(told) == Names{"snapshot", "snapshot"});
  CHECK(told.back().data.at("accounts").at(0).at("copied").at("messages_done") == 1800);
}

TEST_CASE("a slow listener gets a new snapshot instead of a backlog") {
  Site site;
  std::vector<std::string> addresses;
  for (int i = 0; i < 600; ++i) addresses.push_back("a" + std::to_string(i) + "@example.jp");
  site.import(addresses);
  site.run(slow);
}

}  // namespace
}  // namespace tandem::test
