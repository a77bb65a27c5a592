#include "lib/delivery/retry_schedule.hpp"

#include <algorithm>
#include <array>

namespace tandem::delivery {

Duration retry_delay(unsigned attempts) {
  using std::chrono::minutes;
  constexpr std::array<Duration, 4> steps = {minutes(1), minutes(5), minutes(15), minutes(60)};
  return steps[std::min<std::size_t>(attempts, steps.size() - 1)];
}

}  // namespace tandem::delivery
