#include "proxy/session/login_throttle.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

#include "lib/base/text.hpp"

namespace tandem::session {
namespace {

constexpr std::array<Duration, 4> delays = {std::chrono::seconds(2), std::chrono::seconds(4),
                                            std::chrono::seconds(8), std::chrono::seconds(15)};
constexpr Duration forgotten_after = std::chrono::minutes(15);
constexpr std::size_t most_counts = 10'000;
constexpr std::size_t bytes_of_network = 6;  // 48 bits

}  // namespace

std::string network_of(std::string_view address) {
  in6_addr bytes{};
  const std::string text(address);
  if (::inet_pton(AF_INET6, text.c_str(), &bytes) != 1) return text;
  return hex_encode({reinterpret_cast<const char*>(&bytes), bytes_of_network});
}

LoginThrottle::LoginThrottle(const Clock& clock) : clock_(clock), salt_(random_bytes(16)) {}

Duration LoginThrottle::failed(std::string_view address, std::string_view user,
                               std::string_view password) {
  std::string text = salt_;
  text.append(user).append(1, '\0').append(password);
  const std::string digest = sha256(text);
  wipe(text);
  std::uint64_t pair = 0;
  std::memcpy(&pair, digest.data(), sizeof pair);
  const std::lock_guard lock(mutex_);
  const std::size_t of_network = count(networks_, network_of(address), pair);
  const std::size_t of_user = count(users_, lower(user), pair);
  const std::size_t failures = std::max(of_network, of_user);
  return delays[std::min(failures, delays.size()) - 1];
}

std::size_t LoginThrottle::count(Counts& counts, std::string key, std::uint64_t pair) {
  make_room(counts);
  Count& known = counts[std::move(key)];
  const SteadyTime now = clock_.steady();
  if (now - known.last > forgotten_after) known = {};
  known.last = now;
  if (known.failures > 0 && std::ranges::find(known.pairs, pair) != known.pairs.end())
    return known.failures;
  known.pairs[known.failures % known.pairs.size()] = pair;
  return ++known.failures;
}

// An arbitrary one goes: looking for the oldest would cost more than a guess does.
void LoginThrottle::make_room(Counts& counts) {
  if (counts.size() >= most_counts) counts.erase(counts.begin());
}

void LoginThrottle::succeeded(std::string_view user) {
  const std::lock_guard lock(mutex_);
  users_.erase(lower(user));
}

}  // namespace tandem::session
