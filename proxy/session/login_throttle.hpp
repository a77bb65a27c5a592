// LoginThrottle: how long a wrong password has to wait for its answer (T-31): 2, 4, 8, then 15 s,
// per client network (IPv4 /32, IPv6 /48) and per user name, whichever is longer. The same user
// and password again does not escalate: a mail program with an old password is no attacker. A
// right password is never delayed, and clears its user's count but not its network's.
//
// Bounded: 10,000 networks and user names; a count is forgotten after 15 minutes without failure.
// Passwords are kept as salted digests only. Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/clock.hpp"

namespace tandem::session {

class LoginThrottle {
 public:
  explicit LoginThrottle(const Clock& clock);

  // Counts a failure; how long its answer has to wait.
  [[nodiscard]] Duration failed(std::string_view address, std::string_view user,
                                std::string_view password);
  void succeeded(std::string_view user);

 private:
  struct Count {
    std::size_t failures = 0;
    SteadyTime last{};
    std::array<std::uint64_t, 4> pairs{};  // the last different ones
  };
  using Counts = std::unordered_map<std::string, Count>;
  std::size_t count(Counts& counts, std::string key, std::uint64_t pair);
  static void make_room(Counts& counts);

  const Clock& clock_;
  const std::string salt_;
  std::mutex mutex_;
  Counts networks_;
  Counts users_;
};

// The address itself, or the first 48 bits of an IPv6 address.
[[nodiscard]] std::string network_of(std::string_view address);

}  // namespace tandem::session
