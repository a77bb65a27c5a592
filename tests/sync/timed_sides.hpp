// Two accounts of one built-in server as old and new side, and the sync in the background, all by a
// clock that the test moves.
#pragma once

#include <chrono>
#include <functional>

#include "lib/net/timer.hpp"
#include "lib/net/wait.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {

using migration::CopyState;
using server::test::letter;
using std::chrono::minutes;
using std::chrono::seconds;

namespace detail {
// The clock of the context, which is made later than what refers to it.
class ClockToCome final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return at_->wall(); }
  [[nodiscard]] SteadyTime steady() const override { return at_->steady(); }
  void become(const Clock& clock) { at_ = &clock; }

 private:
  const Clock* at_ = &system_clock();
};
struct ClockFirst {
  ClockToCome clock_to_come;
};
}  // namespace detail

class TimedSides : public detail::ClockFirst, public TwoSides {
 public:
  TimedSides() : TwoSides(clock_to_come), timers(hall.net.executor()) {
    clock_to_come.become(timers.clock());
    world->options.first_retry = std::chrono::seconds(5);
  }

  net::ManualTimers timers;
  std::size_t faults_told = 0;  // passes that ended in one, all that is written about it included

  // Moves the clock, and lets run whatever can, also what waits for the disk meanwhile.
  Task<void> pass_time(Duration by) {
    co_await timers.pass(by);
    for (int round = 0; round < 5; ++round) {
      // Written behind all that is being written.
      CHECK(co_await world->registry->audit("test", "wait", ""));
      hall.office.wait_for_disk();
      co_await timers.settle();
    }
  }
  // Lets run whatever can until it is so, the clock moving on by `step` now and then. What is
  // written to disk is written by other threads, and takes what it takes.
  Task<bool> becomes(std::function<bool()> what, Duration step = Duration(1)) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!what() && std::chrono::steady_clock::now() < limit) co_await timers.pass(step);
    co_return what();
  }
  [[nodiscard]] CopyState state() const { return world->sync->progress(world->account).state; }
  // Something to copy, before it all begins.
  Task<void> one_letter() { return put(old_side, letter("a")); }
  // `before`, and then `test` beside the sync in the background, which is asked to stop behind it.
  void run_beside(Task<void> before, Task<void> test) {
    run(beside(std::move(before), std::move(test)));
  }

 private:
  Task<void> beside(Task<void> before, Task<void> test) {
    co_await std::move(before);
    const auto listener = world->events.subscribe([this](const migration::Event& event) {
      if (!event.ok) ++faults_told;
    });
    co_await world->step(migration::Step::start);
    net::TaskGroup group(hall.net.executor());
    group.spawn(world->sync->run(group));
    co_await std::move(test);
    group.request_stop();
    const auto ended = [&] { return group.running() == 0; };
    CHECK(co_await becomes(ended));
    CHECK(co_await group.shut_down(std::chrono::seconds(10)));
    world->events.unsubscribe(listener);
  }
};

}  // namespace tandem::sync
