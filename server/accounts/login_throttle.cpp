#include "server/accounts/login_throttle.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <vector>

namespace tandem::server {
namespace {

constexpr Duration memory = std::chrono::minutes(15);
constexpr Duration longest_for_peer = std::chrono::seconds(15);
// A stranger must not be able to lock somebody out by guessing.
constexpr Duration longest_for_user = std::chrono::seconds(4);
constexpr unsigned free_for_peer = 2;
constexpr unsigned free_for_user = 4;

Duration delay_of(unsigned failures, unsigned free, Duration longest) {
  if (failures <= free) return Duration(0);
  const unsigned doublings = std::min(failures - free - 1, 8U);
  return std::min(longest, Duration(std::chrono::seconds(1 << doublings)));
}

// An IPv6 client has its whole /64.
std::string network_of(std::string_view peer) {
  std::string text(peer);
  in6_addr address{};
  if (inet_pton(AF_INET6, text.c_str(), &address) != 1) return text;
  return std::string(reinterpret_cast<const char*>(&address), 8);
}

}  // namespace

const LoginThrottle::Entry* LoginThrottle::find(const Entries& entries,
                                                const std::string& key) const {
  const auto found = entries.find(key);
  if (found == entries.end() || clock_.steady() - found->second.last > memory) return nullptr;
  return &found->second;
}

Duration LoginThrottle::delay(std::string_view user, std::string_view peer) const {
  if (peer.empty()) return Duration(0);
  const std::lock_guard lock(mutex_);
  const Entry* by_peer = find(peers_, network_of(peer));
  const Entry* by_user = find(users_, std::string(user));
  return std::max(delay_of(by_peer ? by_peer->failures : 0, free_for_peer, longest_for_peer),
                  delay_of(by_user ? by_user->failures : 0, free_for_user, longest_for_user));
}

bool LoginThrottle::repeated(std::string_view user, std::string_view proof) const {
  const std::lock_guard lock(mutex_);
  const Entry* entry = find(users_, std::string(user));
  return entry != nullptr && !proof.empty() && entry->proof == proof;
}

void LoginThrottle::failed(std::string_view user, std::string_view peer, std::string_view proof) {
  const std::lock_guard lock(mutex_);
  const Entry* known = find(users_, std::string(user));
  if (known != nullptr && !proof.empty() && known->proof == proof) return;
  count(users_, std::string(user), proof);
  if (!peer.empty()) count(peers_, network_of(peer), {});
}

void LoginThrottle::succeeded(std::string_view user, std::string_view peer) {
  const std::lock_guard lock(mutex_);
  users_.erase(std::string(user));
  const auto found = peers_.find(network_of(peer));
  if (found == peers_.end()) return;
  if (found->second.failures <= 1)
    peers_.erase(found);
  else
    --found->second.failures;
}

void LoginThrottle::count(Entries& entries, const std::string& key, std::string_view proof) {
  if (find(entries, key) == nullptr) {
    entries.erase(key);
    if (entries.size() >= most_entries) make_room(entries);
  }
  Entry& entry = entries[key];
  ++entry.failures;
  entry.last = clock_.steady();
  entry.proof = proof;
}

// What is over goes; if nothing is, the tenth that was quiet longest.
void LoginThrottle::make_room(Entries& entries) const {
  const SteadyTime now = clock_.steady();
  std::erase_if(entries, [&](const auto& entry) { return now - entry.second.last > memory; });
  if (entries.size() < most_entries) return;
  std::vector<SteadyTime> times;
  times.reserve(entries.size());
  for (const auto& [key, entry] : entries) times.push_back(entry.last);
  const auto tenth = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 10);
  std::ranges::nth_element(times, tenth);
  const SteadyTime limit = *tenth;
  std::size_t left = times.size() / 10 + 1;
  std::erase_if(entries, [&](const auto& entry) {
    if (left == 0 || entry.second.last > limit) return false;
    --left;
    return true;
  });
}

}  // namespace tandem::server
