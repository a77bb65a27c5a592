// How fast copying goes, and when it would be done by that: samples of the last half hour, per
// migration or per account. Nothing after a stall. Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"
#include "webui/eta.hpp"

namespace tandem::webui {

class Rates {
 public:
  // What of this is copied at `now`; more often than every few seconds is ignored.
  void sample(const std::string& what, std::uint64_t bytes_done, SteadyTime now);
  // Nothing: nothing left, not measured for a minute yet, or stalled for a minute.
  [[nodiscard]] std::optional<Eta> eta(const std::string& what, std::uint64_t bytes_left,
                                       SteadyTime now, WallTime wall) const;
  // What was not sampled for half an hour.
  void forget_idle(SteadyTime now);

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t bytes;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Sample>> samples_;
};

}  // namespace tandem::webui
