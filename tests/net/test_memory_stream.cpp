// Stream's promises on the memory pair, in the clear.
#include <string>

#include <catch2/catch.hpp>

#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"
#include "tests/support/run.hpp"

namespace tandem::test {
namespace {

using net::StreamPtr;
using net::Task;

Task<void> write_all(net::Stream& to, std::string bytes, std::string& log) {
  const auto written = co_await to.write(bytes);
  log += written ? "written" : std::string(name_of(written.error().kind));
}

Task<void> read_into(net::Stream& from, std::string& log) {
  char room[16];
  const auto count = co_await from.read_some(room);
  log += count ? std::string(room, *count) : std::string(name_of(count.error().kind));
}

Task<void> back_pressure(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor(), 4);
  std::string log;
  net.group.spawn(write_all(*a, "0123456789", log));
  co_await net.timers.settle();
  CHECK(log.empty());
  std::string got;
  char room[3];
  while (got.size() < 10) {
    const auto count = co_await b->read_some(room);
    REQUIRE(count);
    got.append(room, *count);
  }
  CHECK(got == "0123456789");
  co_await net.group.join();
  CHECK(log == "written");
}

Task<void> half_close(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor());
  REQUIRE(co_await a->write("bye"));
  REQUIRE(co_await a->shutdown_send());
  char room[16];
  CHECK(*co_await b->read_some(room) == 3);
  CHECK(*co_await b->read_some(room) == 0);
  REQUIRE(co_await b->write("so long"));
  CHECK(*co_await a->read_some(room) == 7);
  const auto late = co_await a->write("more");
  CHECK(late.error().kind == ErrorKind::closed);
  a->close();
  a->close();
  CHECK_FALSE(a->is_open());
  const auto broken = co_await b->write("x");
  CHECK(broken.error().kind == ErrorKind::closed);
  const auto ours = co_await a->read_some(room);
  CHECK(ours.error().kind == ErrorKind::cancelled);
}

Task<void> deadlines(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor());
  std::string log;
  a->expires_after(std::chrono::seconds(30));
  net.group.spawn(read_into(*a, log));
  co_await net.timers.pass(std::chrono::seconds(20));
  a->expires_after(std::chrono::seconds(30));  // moved on
  co_await net.timers.pass(std::chrono::seconds(29));
  CHECK(log.empty());
  co_await net.timers.pass(std::chrono::seconds(1));
  CHECK(log == name_of(ErrorKind::timed_out));
  const auto late = co_await a->write("x");
  CHECK(late.error().kind == ErrorKind::timed_out);
  a->expires_after(std::chrono::seconds(1));
  CHECK(co_await a->write("x"));
  a->expires_never();
  co_await net.timers.pass(std::chrono::hours(1));
  CHECK(co_await a->write("x"));
  co_await net.group.join();
}

Task<void> shorter_deadline(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor());
  std::string log;
  a->expires_after(std::chrono::hours(1));
  a->expires_after(std::chrono::seconds(1));
  net.group.spawn(read_into(*a, log));
  co_await net.timers.pass(std::chrono::seconds(2));
  CHECK(log == name_of(ErrorKind::timed_out));
  co_await net.group.join();
}

Task<void> close_ends_a_read(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor(), 1);
  std::string reading;
  std::string writing;
  net.group.spawn(read_into(*a, reading));
  net.group.spawn(write_all(*a, "12", writing));
  co_await net.timers.settle();
  a->close();
  co_await net.group.join();
  CHECK(reading == "cancelled");
  CHECK(writing == "cancelled");
}

Task<void> cancel_ends_operations(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor(), 1);
  std::string reading;
  std::string writing;
  net.group.spawn(read_into(*a, reading));
  net.group.spawn(write_all(*a, "12", writing));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  CHECK(reading == "cancelled");
  CHECK(writing == "cancelled");
  CHECK(a->is_open());
}

Task<void> note_readable(net::Stream& from, std::string& log) {
  const auto ready = co_await from.wait_readable();
  log += ready ? "ready" : std::string(name_of(ready.error().kind));
}

Task<void> waiting_for_bytes(TestNet& net) {
  auto [a, b] = net::make_memory_pair(net.executor());
  std::string log;
  net.group.spawn(note_readable(*a, log));
  co_await net.timers.settle();
  CHECK(log.empty());
  REQUIRE(co_await b->write("x"));
  co_await net.group.join();
  CHECK(log == "ready");
  REQUIRE(co_await a->wait_readable());
}

}  // namespace

#define NET_TEST(name, body) \
  TEST_CASE(name) {          \
    TestNet net;             \
    net.run(body(net));      \
  }

NET_TEST("a memory stream holds no more than its capacity", back_pressure)
NET_TEST("a memory stream can be closed one way", half_close)
NET_TEST("deadlines pass when the clock moves, and can be moved on", deadlines)
NET_TEST("a nearer deadline replaces a farther one", shorter_deadline)
NET_TEST("close ends reads and writes under way", close_ends_a_read)
NET_TEST("cancelling the group ends reads and writes under way", cancel_ends_operations)
NET_TEST("wait_readable returns when bytes are there", waiting_for_bytes)

}  // namespace tandem::test
