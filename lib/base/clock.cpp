#include "lib/base/clock.hpp"

namespace tandem {
namespace {

class SystemClock : public Clock {
 public:
  WallTime wall() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  }
  SteadyTime steady() const override {
    return std::chrono::time_point_cast<Duration>(std::chrono::steady_clock::now());
  }
};

constexpr WallTime manual_start = std::chrono::sys_days{std::chrono::year{2026} / 11 / 24};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

WallTime ManualClock::wall() const {
  return manual_start + Duration{elapsed_ms_.load()};
}
SteadyTime ManualClock::steady() const {
  return SteadyTime{Duration{elapsed_ms_.load()}};
}
void ManualClock::advance(Duration by) {
  elapsed_ms_ += by.count();
}

}  // namespace tandem
