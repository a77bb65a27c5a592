// RelayRate: how many messages each machine that may relay has sent within the hour, so that one
// that runs wild, or is used by somebody else, does not spend the domain's good name. In memory: a
// restart forgets it. Only listed machines are counted, so it does not grow with strangers.
//
// Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "lib/base/clock.hpp"

namespace tandem::gateway {

class RelayRate {
 public:
  explicit RelayRate(const Clock& clock) : clock_(clock) {}

  // Counts one message. False: `most` within an hour were sent already, and it is not counted.
  [[nodiscard]] bool take(const std::string& machine, unsigned most);

 private:
  struct Hour {
    SteadyTime began{};
    unsigned messages = 0;
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Hour> hours_;
};

}  // namespace tandem::gateway
