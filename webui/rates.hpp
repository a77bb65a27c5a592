// How fast copying goes, and when it will be done: samples of the last half hour per migration. The
// answer is a range, rounded so that it does not jump, and nothing after a stall. Any thread.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"

namespace tandem::webui {

struct Eta {
  WallTime low{};
  WallTime high{};
};

class Rates {
 public:
  // What of this migration is copied at `now`; more often than every few seconds is ignored.
  void sample(const std::string& migration, std::uint64_t bytes_done, SteadyTime now);
  // Nothing: nothing left, not measured for a minute yet, or stalled for a minute.
  [[nodiscard]] std::optional<Eta> eta(const std::string& migration, std::uint64_t bytes_left,
                                       SteadyTime now, WallTime wall) const;

 private:
  struct Sample {
    SteadyTime at;
    std::uint64_t bytes;
  };
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<Sample>> samples_;
};

}  // namespace tandem::webui
