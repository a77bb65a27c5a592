// Time on an io_context. Every deadline, sleep and retry of lib/net is a Timer in one queue per
// context, driven by that context's clock: the machine's, or one that a test moves (ManualTimers).
// In production the queue holds one Asio timer however many deadlines are armed.
// One io_context, its thread only.
#pragma once

#include <functional>
#include <map>

#include "lib/base/clock.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

namespace detail {
class ContextService;
}

// Calls `call` once at the time armed for. Disarms when it goes.
class Timer {
 public:
  Timer(const Executor& executor, std::function<void()> call);
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  void arm(SteadyTime due);  // replaces an earlier arming
  void arm_after(Duration after);
  void disarm();
  [[nodiscard]] bool armed() const { return armed_; }
  [[nodiscard]] SteadyTime due() const { return entry_->first; }  // while armed
  [[nodiscard]] SteadyTime now() const;

 private:
  friend class detail::ContextService;
  detail::ContextService& service_;
  std::function<void()> call_;
  std::multimap<SteadyTime, Timer*>::iterator entry_;
  bool armed_ = false;
};

// The clock of the executor's context. Rooms take their Clock& from app/, which passes this one on.
[[nodiscard]] const Clock& clock_of(const Executor& executor);

// Tests: from its making on, the context's time stands still until moved. Make it before anything
// that sleeps; it must outlive what runs on the context.
class ManualTimers {
 public:
  explicit ManualTimers(Executor executor);

  [[nodiscard]] const ManualClock& clock() const { return clock_; }
  // Moves the clock by `by`, waking in order all that falls due. What they do then runs when the
  // caller gives way (settle, or any wait).
  void advance(Duration by);
  // The same, letting everything woken run to its next wait after each step: loops of sleeps are
  // seen. For use inside a coroutine of the context.
  [[nodiscard]] Task<void> pass(Duration by);
  // Gives way until whatever can run without time or network has run.
  [[nodiscard]] Task<void> settle();

 private:
  Executor executor_;
  ManualClock clock_;
};

}  // namespace tandem::net
