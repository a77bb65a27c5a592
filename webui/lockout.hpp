// Guessing made slow. Failures are counted per address (an IPv6 /64 is one) and per user name; from
// the fifth on each doubles the wait, up to a quarter of an hour. A name alone never waits longer
// than half a minute: whoever knows it must not be able to shut its owner out. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "lib/base/clock.hpp"

namespace tandem::webui {

class Lockout {
 public:
  explicit Lockout(const Clock& clock) : clock_(clock) {}

  // How long this one has to wait before the next attempt; 0: go on.
  [[nodiscard]] Duration wait(const std::string& address, const std::string& user) const;
  void failed(const std::string& address, const std::string& user);
  void succeeded(const std::string& address, const std::string& user);

 private:
  struct Attempts {
    unsigned failures = 0;
    SteadyTime last{};
    SteadyTime blocked_until{};
  };
  void count(const std::string& key, unsigned free, Duration longest);
  [[nodiscard]] Duration left(const std::string& key, SteadyTime now) const;
  void forget_old(SteadyTime now);

  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<std::string, Attempts> attempts_;
};

}  // namespace tandem::webui
