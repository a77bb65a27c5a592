// LoginThrottle: how long a guesser of passwords waits (T-31). Failures are counted by the client's
// address (IPv6: its /64) and by the name that was tried; the delay grows with them and is
// forgotten a quarter of an hour after the last. The same wrong password again (a client that was
// not told of a change) does not make it grow. In-process log-ins (no address) are never delayed:
// who is behind them has a throttle of its own. Bounded; any thread.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/clock.hpp"

namespace tandem::server {

class LoginThrottle {
 public:
  static constexpr std::size_t most_entries = 20'000;

  explicit LoginThrottle(const Clock& clock) : clock_(clock) {}

  // How long to wait before the next attempt is looked at.
  [[nodiscard]] Duration delay(std::string_view user, std::string_view peer) const;
  // `proof` stands for the password that was tried; empty: unknown.
  void failed(std::string_view user, std::string_view peer, std::string_view proof = {});
  // The name's failures are forgotten; the address keeps its own but for one.
  void succeeded(std::string_view user, std::string_view peer);
  // Whether exactly this was the name's last failure.
  [[nodiscard]] bool repeated(std::string_view user, std::string_view proof) const;

 private:
  struct Entry {
    unsigned failures = 0;
    SteadyTime last{};
    std::string proof;
  };
  using Entries = std::unordered_map<std::string, Entry>;

  [[nodiscard]] const Entry* find(const Entries& entries, const std::string& key) const;
  void count(Entries& entries, const std::string& key, std::string_view proof);
  void make_room(Entries& entries) const;

  const Clock& clock_;
  mutable std::mutex mutex_;
  Entries users_;
  Entries peers_;
};

}  // namespace tandem::server
