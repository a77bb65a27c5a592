// TaskGroup owns what a session, a listener or a room starts: nobody else calls co_spawn. Leaving
// its scope with children still running aborts: join first.
//
// Shutdown has two steps. `request_stop` is the polite one: children look at `stopping()` (or wait
// for it) at their own safe points. `cancel` is the firm one: every child's pending operation ends
// with Error cancelled. One io_context, its thread only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "lib/base/clock.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  ~TaskGroup();
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  // Starts a child. An exception that leaves it is a bug: it is logged and ends the child only.
  void spawn(Task<void> child);

  void request_stop();
  [[nodiscard]] bool stopping() const;
  // Runs `call` at request_stop (at once if already stopping), e.g. to close a stream that idles.
  // The returned handle unregisters when it goes.
  using StopHandle = std::shared_ptr<void>;
  [[nodiscard]] StopHandle on_stop(std::function<void()> call);

  void cancel();
  // Waits until no child runs.
  Task<void> join();
  // request_stop, wait up to `grace`, cancel, join. True: all ended within the grace.
  Task<bool> shut_down(Duration grace);

  [[nodiscard]] std::size_t running() const;
  [[nodiscard]] Executor executor() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Waits without a thread. False: cancelled before the time was over. Under a ManualClock (see
// use_clock) it wakes when the test moves the clock.
Task<bool> sleep_for(Duration duration);

}  // namespace tandem::net
