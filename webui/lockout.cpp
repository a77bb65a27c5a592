#include "webui/lockout.hpp"

#include <algorithm>
#include <arpa/inet.h>

#include "lib/base/text.hpp"

namespace tandem::webui {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr unsigned free_per_address = 4;
constexpr unsigned free_per_user = 9;
constexpr Duration longest_for_address = minutes(15);
constexpr Duration longest_for_user = seconds(30);
constexpr Duration forgotten_after = std::chrono::hours(1);
constexpr std::size_t most_keys = 10'000;

// The network that one person controls: an IPv4 address, an IPv6 /64.
std::string network_of(const std::string& address) {
  in6_addr raw{};
  if (inet_pton(AF_INET6, address.c_str(), &raw) != 1) return address;
  return std::string(reinterpret_cast<const char*>(&raw), 8);
}

std::string address_key(const std::string& address) {
  return "a" + network_of(address);
}
// A digest: the names that are tried may be long, or passwords typed into the wrong field.
std::string user_key(const std::string& user) {
  return "u" + sha256(user);
}

Duration delay_after(unsigned failures, unsigned free, Duration longest) {
  if (failures <= free) return Duration::zero();
  const unsigned doublings = std::min(failures - free - 1, 20U);
  return std::min<Duration>(seconds(1) * (1 << doublings), longest);
}

}  // namespace

Duration Lockout::left(const std::string& key, SteadyTime now) const {
  const auto found = attempts_.find(key);
  if (found == attempts_.end() || found->second.blocked_until <= now) return Duration::zero();
  return found->second.blocked_until - now;
}

Duration Lockout::wait(const std::string& address, const std::string& user) const {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  return std::max(left(address_key(address), now), left(user_key(user), now));
}

void Lockout::failed(const std::string& address, const std::string& user) {
  const std::lock_guard lock(mutex_);
  forget_old(clock_.steady());
  count(address_key(address), free_per_address, longest_for_address);
  count(user_key(user), free_per_user, longest_for_user);
}

void Lockout::count(const std::string& key, unsigned free, Duration longest) {
  Attempts& attempts = attempts_[key];
  const SteadyTime now = clock_.steady();
  if (now - attempts.last > forgotten_after) attempts = {};
  ++attempts.failures;
  attempts.last = now;
  attempts.blocked_until = now + delay_after(attempts.failures, free, longest);
}

void Lockout::succeeded(const std::string& address, const std::string& user) {
  const std::lock_guard lock(mutex_);
  attempts_.erase(address_key(address));
  attempts_.erase(user_key(user));
}

void Lockout::forget_old(SteadyTime now) {
  if (attempts_.size() < most_keys) return;
  std::erase_if(attempts_,
                [now](const auto& entry) { return now - entry.second.last > forgotten_after; });
  if (attempts_.size() < most_keys) return;
  const auto oldest =
      std::ranges::min_element(attempts_, {}, [](const auto& entry) { return entry.second.last; });
  attempts_.erase(oldest);
}

}  // namespace tandem::webui
