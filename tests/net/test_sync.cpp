// Notifier, Event, Semaphore, RemoteNotifier, Offload; and BufferedReader.
#include <stdexcept>
#include <string>
#include <thread>

#include <catch2/catch.hpp>

#include "lib/net/reader.hpp"
#include "lib/net/sync.hpp"
#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Task;
using std::chrono::seconds;

Task<void> wait_note(net::Notifier& notifier, std::string& log) {
  const bool told = co_await notifier.wait();
  log += told ? "+" : "-";
}

Task<void> notifying(TestNet& net) {
  net::Notifier notifier;
  notifier.notify();
  CHECK(co_await notifier.wait());  // not lost
  std::string log;
  net.group.spawn(wait_note(notifier, log));
  net.group.spawn(wait_note(notifier, log));
  co_await net.timers.settle();
  notifier.notify();
  co_await net.group.join();
  CHECK(log == "++");
  net.group.spawn(wait_note(notifier, log));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  CHECK(log == "++-");
}

Task<void> wait_limited(net::Notifier& notifier, std::string& log) {
  const bool told = co_await notifier.wait_for(seconds(5));
  log += told ? "+" : "-";
}

Task<void> notified_in_time(TestNet& net) {
  net::Notifier notifier;
  std::string log;
  net.group.spawn(wait_limited(notifier, log));
  co_await net.timers.pass(seconds(4));
  notifier.notify();
  co_await net.group.join();
  CHECK(log == "+");
  net.group.spawn(wait_limited(notifier, log));
  co_await net.timers.pass(seconds(6));
  co_await net.group.join();
  CHECK(log == "+-");
}

Task<void> through_door(net::Event& event, std::string& log) {
  const bool told = co_await event.wait();
  log += told ? "+" : "-";
}

Task<void> event_opens(TestNet& net) {
  net::Event event;
  std::string log;
  net.group.spawn(through_door(event, log));
  net.group.spawn(through_door(event, log));
  co_await net.timers.settle();
  CHECK(log == "");
  event.set();
  co_await net.group.join();
  CHECK(co_await event.wait());
  CHECK(log == "++");
  event.reset();
  CHECK_FALSE(event.is_set());
}

Task<void> hold(net::Semaphore& semaphore, Duration duration, std::string& log, std::string name) {
  const auto permit = co_await semaphore.acquire();
  if (!permit) {
    log += name + "!";
    co_return;
  }
  log += name;
  (void)co_await net::sleep_for(duration);
}

Task<void> semaphore_in_order(TestNet& net) {
  net::Semaphore semaphore(2);
  std::string log;
  for (const char* name : {"a", "b", "c", "d"}) {
    net.group.spawn(hold(semaphore, seconds(1), log, name));
  }
  co_await net.timers.settle();
  CHECK(log == "ab");
  CHECK_FALSE(semaphore.try_acquire());
  co_await net.timers.pass(seconds(1));
  CHECK(log == "abcd");
  co_await net.timers.pass(seconds(1));
  co_await net.group.join();
  CHECK(semaphore.available() == 2);
}

Task<void> hold_heavy(net::Semaphore& semaphore, std::uint64_t weight, std::string& log,
                      std::string name) {
  const auto permit = co_await semaphore.acquire(weight);
  if (permit) log += name;
  (void)co_await net::sleep_for(seconds(1));
}

// Each for a second: the heaviest first, equals as they came, every fourth the one that came first.
Task<void> semaphore_by_weight(TestNet& net) {
  net::Semaphore semaphore(1);
  std::string log;
  const std::vector<std::pair<std::string, std::uint64_t>> people = {
      {"a", 0}, {"s", 1}, {"t", 1}, {"x", 9}, {"y", 7}, {"z", 7}, {"w", 5}, {"v", 8}};
  for (const auto& [name, weight] : people)
    net.group.spawn(hold_heavy(semaphore, weight, log, name));
  co_await net.timers.settle();
  CHECK(log == "a");
  for (std::size_t i = 0; i < people.size(); ++i) co_await net.timers.pass(seconds(1));
  CHECK(log == "axvyszwt");
  co_await net.group.join();
  CHECK(semaphore.available() == 1);
}

Task<void> semaphore_cancelled(TestNet& net) {
  net::Semaphore semaphore(1);
  std::string log;
  net.group.spawn(hold(semaphore, seconds(10), log, "a"));
  net.group.spawn(hold(semaphore, seconds(10), log, "b"));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  CHECK(log == "ab!");
  CHECK(semaphore.available() == 1);
}

Task<void> hold_if_in_time(net::Semaphore& semaphore, Duration limit, std::string& log,
                           std::string name) {
  const auto permit = co_await semaphore.acquire_within(limit);
  log += name + (permit ? "" : "!");
  if (permit) (void)co_await net::sleep_for(seconds(3));
}

Task<void> semaphore_in_time(TestNet& net) {
  net::Semaphore semaphore(1);
  std::string log;
  net.group.spawn(hold_if_in_time(semaphore, seconds(1), log, "a"));
  net.group.spawn(hold_if_in_time(semaphore, seconds(2), log, "b"));
  net.group.spawn(hold_if_in_time(semaphore, seconds(5), log, "c"));
  net.group.spawn(hold_if_in_time(semaphore, seconds(5), log, "d"));
  co_await net.timers.settle();
  CHECK(log == "a");
  co_await net.timers.pass(seconds(2));
  CHECK(log == "ab!");
  co_await net.timers.pass(seconds(1));
  CHECK(log == "ab!c");
  co_await net.timers.pass(seconds(2));
  CHECK(log == "ab!cd!");
  co_await net.timers.pass(seconds(1));
  co_await net.group.join();
  CHECK(semaphore.available() == 1);
}

Task<void> semaphore_gone(TestNet& net) {
  std::string log;
  auto semaphore = std::make_unique<net::Semaphore>(0);
  net.group.spawn(hold_if_in_time(*semaphore, seconds(5), log, "a"));
  net.group.spawn(hold(*semaphore, seconds(5), log, "b"));
  co_await net.timers.settle();
  semaphore.reset();
  co_await net.group.join();
  CHECK(log == "a!b!");
}

Task<void> remote(TestNet& net) {
  net::RemoteNotifier notifier(net.executor());
  std::thread other([notifier] { notifier.notify(); });
  CHECK(co_await notifier.wait());
  other.join();
}

Task<void> offloading() {
  net::Offload pool(2);
  const auto here = std::this_thread::get_id();
  std::function<bool()> work = [here] { return std::this_thread::get_id() != here; };
  CHECK(co_await net::offload(pool, work));
  CHECK(std::this_thread::get_id() == here);
  std::function<int()> bad = []() -> int { throw std::runtime_error("bad"); };
  bool thrown = false;
  try {
    (void)co_await net::offload(pool, bad);
  } catch (const std::runtime_error&) {
    thrown = true;
  }
  CHECK(thrown);
}

Task<void> reading_lines(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor());
  net::BufferedReader reader(*a, 4);
  REQUIRE(co_await b->write("one\r\ntwo\n12345six\r\nlong line\n"));
  CHECK(*co_await reader.read_line(5) == "one\r\n");
  CHECK(*co_await reader.read_line(100) == "two\n");
  CHECK(*co_await reader.take(5) == "12345");
  CHECK(*co_await reader.read_some(2) == "si");
  CHECK(*co_await reader.read_line(3) == "x\r\n");
  CHECK((co_await reader.read_line(9)).error().kind == ErrorKind::limit);
  CHECK(*co_await reader.read_line(10) == "long line\n");
  REQUIRE(co_await b->write("cut"));
  b->close();
  CHECK((co_await reader.read_line(10)).error().kind == ErrorKind::closed);
  CHECK(reader.ahead() == "cut");
  CHECK((co_await reader.take(4)).error().kind == ErrorKind::closed);
}

// T-01, T-02: "STARTTLS\r\n" and what should not be there, in one segment.
Task<void> injected(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor());
  net::BufferedReader reader(*a);
  REQUIRE(co_await b->write("STARTTLS\r\nMAIL FROM:<x>\r\n"));
  CHECK(*co_await reader.read_line(100) == "STARTTLS\r\n");
  const auto settings = tls_server();
  const auto result = co_await reader.start_tls(settings);
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::protocol);
  CHECK_FALSE(a->is_open());
}

}  // namespace

TEST_CASE("a notification is never lost") {
  TestNet net;
  net.run(notifying(net));
  TestNet other;
  other.run(notified_in_time(other));
}

TEST_CASE("an event lets all through once set") {
  TestNet net;
  net.run(event_opens(net));
}

TEST_CASE("a semaphore serves in order, and forgets the cancelled") {
  TestNet net;
  net.run(semaphore_in_order(net));
  TestNet other;
  other.run(semaphore_cancelled(other));
}
TEST_CASE("the heaviest gets a semaphore first, and nobody is passed over for ever") {
  TestNet net;
  net.run(semaphore_by_weight(net));
}

TEST_CASE("who waits for a permit waits no longer than was said") {
  TestNet net;
  net.run(semaphore_in_time(net));
}

TEST_CASE("who waits for a semaphore that goes is cancelled") {
  TestNet net;
  net.run(semaphore_gone(net));
}

TEST_CASE("another thread can notify") {
  TestNet net;
  net.run(remote(net));
}

TEST_CASE("slow work runs on the pool's threads and its caller goes on here") {
  run(offloading());
}

TEST_CASE("lines and counted bytes are read whatever the pieces") {
  TestNet net;
  net.run(reading_lines(net));
}

TEST_CASE("[T-01] bytes ahead of a TLS handshake end the connection") {
  TestNet net;
  net.run(injected(net));
}

}  // namespace tandem::test
