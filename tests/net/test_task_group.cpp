// TaskGroup: ownership, the two steps of shutdown, sleeping under a moved clock.
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/log.hpp"
#include "lib/net/both.hpp"
#include "lib/net/runtime.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/wait.hpp"
#include "tests/support/run.hpp"

namespace tandem::test {
namespace {

using net::Task;
using std::chrono::seconds;

Task<void> sleep_and_note(Duration duration, std::string& log, std::string name) {
  const bool over = co_await net::sleep_for(duration);
  log += name + (over ? "+" : "-");
}

Task<void> sleeping(TestNet& net) {
  std::string log;
  net.group.spawn(sleep_and_note(seconds(3), log, "c"));
  net.group.spawn(sleep_and_note(seconds(1), log, "a"));
  net.group.spawn(sleep_and_note(seconds(2), log, "b"));
  CHECK(net.group.running() == 3);
  co_await net.timers.pass(seconds(2));
  CHECK(log == "a+b+");
  net.group.cancel();
  co_await net.group.join();
  CHECK(log == "a+b+c-");
  CHECK(net.group.running() == 0);
}

Task<std::string> sleep_and_say(Duration duration, std::string& log, std::string name) {
  co_await sleep_and_note(duration, log, name);
  co_return name;
}

Task<void> sleep_beside(std::string& log) {
  const auto [first, second] =
      co_await net::both(sleep_and_say(seconds(3), log, "a"), sleep_and_say(seconds(1), log, "b"));
  log += " " + first + second;
}

Task<void> two_at_a_time(TestNet& net) {
  std::string log;
  net.group.spawn(sleep_beside(log));
  co_await net.timers.pass(seconds(1));
  CHECK(log == "b+");
  co_await net.timers.pass(seconds(2));
  CHECK(log == "b+a+ ab");
}

// Whichever of the two is still under way.
Task<void> two_are_cancelled(TestNet& net, Duration after, std::string expected) {
  std::string log;
  net::TaskGroup inner(net.executor());
  inner.spawn(sleep_beside(log));
  co_await net.timers.pass(after);
  inner.cancel();
  co_await inner.join();
  CHECK(log == expected);
}

Task<void> sleep_the_other_way(std::string& log) {
  const auto [first, second] =
      co_await net::both(sleep_and_say(seconds(1), log, "a"), sleep_and_say(seconds(3), log, "b"));
  log += " " + first + second;
}

Task<void> the_second_is_cancelled(TestNet& net) {
  std::string log;
  net::TaskGroup inner(net.executor());
  inner.spawn(sleep_the_other_way(log));
  co_await net.timers.pass(seconds(2));
  inner.cancel();
  co_await inner.join();
  CHECK(log == "a+b- ab");
}

Task<void> tick(int& ticks) {
  while (co_await net::sleep_for(seconds(1))) ++ticks;
}

Task<void> ticking(TestNet& net) {
  int ticks = 0;
  net.group.spawn(tick(ticks));
  co_await net.timers.pass(seconds(10));
  CHECK(ticks == 10);
  CHECK_FALSE(co_await net.group.shut_down(Duration(0)));
  net.group.spawn(tick(ticks));  // started after cancel: ends by itself
  co_await net.group.join();
  CHECK(ticks == 10);
}

Task<void> stubborn(net::TaskGroup& group, std::string& log) {
  while (!group.stopping()) (void)co_await net::sleep_for(seconds(5));
  log += "polite";
}

Task<void> stop_group(net::TaskGroup& group, Duration grace, std::string& log) {
  const bool in_time = co_await group.shut_down(grace);
  log += in_time ? " in time" : " cancelled";
}

Task<void> shutting_down(TestNet& net, Duration grace, std::string expected) {
  std::string log;
  net::TaskGroup inner(net.executor());
  int stops = 0;
  const auto handle = inner.on_stop([&stops] { ++stops; });
  {
    const auto gone = inner.on_stop([&stops] { stops += 100; });
  }
  inner.spawn(stubborn(inner, log));
  co_await net.timers.settle();
  net.group.spawn(stop_group(inner, grace, log));
  co_await net.timers.pass(seconds(20));
  co_await net.group.join();
  CHECK(log == expected);
  CHECK(stops == 1);
}

Task<void> throwing() {
  co_await net::yield_now();
  throw std::runtime_error("a bug");
}

Task<void> exceptions(TestNet& net) {
  std::string log;
  net.group.spawn(throwing());
  net.group.spawn(sleep_and_note(Duration(0), log, "other"));
  co_await net.group.join();
  CHECK(log == "other+");
}

Task<void> join_inner(TestNet& net, std::string& log) {
  net::TaskGroup inner(net.executor());
  inner.spawn(sleep_and_note(seconds(60), log, "child"));
  co_await inner.join();
  log += " joined";
}

Task<void> cancelled_join(TestNet& net) {
  std::string log;
  net.group.spawn(join_inner(net, log));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  CHECK(log == "child- joined");
}

Task<int> add_there(int a, int b) {
  co_await net::yield_now();
  co_return a + b;
}

Task<int> fail_there() {
  co_await net::yield_now();
  throw std::runtime_error("there");
}

Task<void> far_away(net::Runtime& runtime, int& sum, bool& thrown) {
  std::function<Task<int>()> work = std::bind_front(add_there, 1, 2);
  sum = co_await net::run_on(runtime.executor(1), work);
  std::function<Task<int>()> bad = fail_there;
  try {
    (void)co_await net::run_on(runtime.executor(1), bad);
  } catch (const std::runtime_error&) {
    thrown = true;
  }
}

Task<bool> sleep_long() {
  return net::sleep_for(std::chrono::hours(1));
}

Task<void> call_and_note(net::Executor there, std::string& log) {
  std::function<Task<bool>()> work = sleep_long;
  const bool slept = co_await net::run_on(there, work);
  log += slept ? "slept" : "cancelled";
}

Task<void> cancel_far_away(net::Runtime& runtime, std::string& log) {
  net::TaskGroup group(runtime.executor(0));
  group.spawn(call_and_note(runtime.executor(1), log));
  for (int i = 0; i < 50; ++i) co_await net::yield_now();
  group.cancel();
  co_await group.join();
}

}  // namespace

TEST_CASE("sleepers wake in order when the clock moves, or by cancel") {
  TestNet net;
  net.run(sleeping(net));
}

TEST_CASE("two tasks beside each other end when both have, and are cancelled together") {
  TestNet net;
  net.run(two_at_a_time(net));
  net.run(two_are_cancelled(net, seconds(0), "a-b- ab"));
  net.run(two_are_cancelled(net, seconds(2), "b+a- ab"));
  net.run(the_second_is_cancelled(net));
}

TEST_CASE("a loop of sleeps ticks once a second and ends by cancel") {
  TestNet net;
  net.run(ticking(net));
}

TEST_CASE("shutdown waits for the polite and cancels the rest") {
  TestNet net;
  net.run(shutting_down(net, seconds(10), "polite in time"));
  net.run(shutting_down(net, seconds(2), "polite cancelled"));
}

TEST_CASE("a task that throws ends alone") {
  log::start(log::Level::off);
  TestNet net;
  net.run(exceptions(net));
  log::start(log::Level::warning);
}

TEST_CASE("cancelling a joiner cancels those it waits for") {
  TestNet net;
  net.run(cancelled_join(net));
}

TEST_CASE("work on another thread returns its value or throws") {
  net::Runtime runtime(2);
  int sum = 0;
  bool thrown = false;
  runtime.run(far_away(runtime, sum, thrown));
  CHECK(sum == 3);
  CHECK(thrown);
}

TEST_CASE("cancelling the caller cancels the work on the other thread") {
  net::Runtime runtime(2);
  std::string log;
  runtime.run(cancel_far_away(runtime, log));
  CHECK(log == "cancelled");
}

}  // namespace tandem::test
