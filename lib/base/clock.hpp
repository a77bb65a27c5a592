// Time as an argument. Rooms never call the system clock themselves: they are given a Clock, which
// is the machine's in a running server and one that the test moves in a test.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace tandem {

using Duration = std::chrono::milliseconds;
// Wall-clock time in UTC: for what people and other servers see (INTERNALDATE, Received, logs).
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;
// Monotonic time: for deadlines, delays and rates. Its zero means nothing.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual WallTime wall() const = 0;
  [[nodiscard]] virtual SteadyTime steady() const = 0;
};

// The machine's clock. Any thread.
[[nodiscard]] const Clock& system_clock();

// A clock that stands still until a test moves it. Any thread. It starts at 2026-11-24 00:00 UTC.
// lib/net's ManualTimers (net/timer.hpp) wakes deadlines when this clock is moved through it.
class ManualClock : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override;
  [[nodiscard]] SteadyTime steady() const override;
  void advance(Duration by);

 private:
  std::atomic<std::int64_t> elapsed_ms_{0};
};

}  // namespace tandem
