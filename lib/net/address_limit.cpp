#include "lib/net/address_limit.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/net/refusals.hpp"

namespace tandem::net {
namespace {

constexpr Duration a_minute = std::chrono::minutes(1);

}  // namespace

std::string counted_as(std::string_view address) {
  const std::string text(address);
  in6_addr parsed{};
  if (inet_pton(AF_INET6, text.c_str(), &parsed) != 1) return text;
  return hex_encode({reinterpret_cast<const char*>(parsed.s6_addr), 8}) + "/64";
}

AddressLimit::Place::Place(Place&& other) noexcept
    : limit_(std::exchange(other.limit_, nullptr)), key_(std::move(other.key_)) {}

AddressLimit::Place& AddressLimit::Place::operator=(Place&& other) noexcept {
  std::swap(limit_, other.limit_);
  std::swap(key_, other.key_);
  return *this;
}

AddressLimit::Place::~Place() {
  if (limit_ != nullptr) limit_->leave(key_);
}

AddressLimit::LoggedIn::~LoggedIn() {
  if (limit_ != nullptr) limit_->forget(key_);
}

void AddressLimit::limit_rate(std::size_t per_minute, const Clock& clock) {
  per_minute_ = per_minute;
  clock_ = &clock;
}

AddressLimit::Place AddressLimit::enter(std::string_view address) {
  std::string key = counted_as(address);
  const std::lock_guard lock(mutex_);
  const bool counted = !unlimited_.contains(std::string(address));
  const auto here = open_.find(key);
  if (counted && here != open_.end() && here->second.open - here->second.known >= most_) {
    note_refusal(Refusal::too_many_connections, address);
    return {};
  }
  if (counted && comes_too_often(key)) {
    note_refusal(Refusal::too_many_in_a_minute, address);
    return {};
  }
  ++open_[key].open;
  all_.most = std::max(all_.most, ++all_.open);
  return {*this, std::move(key)};
}

bool AddressLimit::comes_too_often(const std::string& key) {
  if (per_minute_ == 0) return false;
  const SteadyTime now = clock_->steady();
  forget_old_minutes(now);
  Minute& minute = minutes_[key];
  if (now - minute.began >= a_minute) minute = {now, 0};
  return ++minute.begun > per_minute_;
}

// What a crowd of addresses left behind.
void AddressLimit::forget_old_minutes(SteadyTime now) {
  if (now - tidied_ < a_minute) return;
  tidied_ = now;
  std::erase_if(minutes_, [now](const auto& one) { return now - one.second.began >= a_minute; });
}

AddressLimit::LoggedIn AddressLimit::logged_in(std::string_view address) {
  std::string key = counted_as(address);
  const std::lock_guard lock(mutex_);
  const auto here = open_.find(key);
  if (here == open_.end()) return {};
  ++here->second.known;
  if (const auto minute = minutes_.find(key); minute != minutes_.end() && minute->second.begun > 0)
    --minute->second.begun;
  return {*this, std::move(key)};
}

void AddressLimit::forget(const std::string& key) {
  const std::lock_guard lock(mutex_);
  --open_.find(key)->second.known;
}

void AddressLimit::leave(const std::string& key) {
  const std::lock_guard lock(mutex_);
  --all_.open;
  const auto found = open_.find(key);
  if (--found->second.open == 0) open_.erase(found);
}

AddressLimit::Counts AddressLimit::count() {
  const std::lock_guard lock(mutex_);
  const Counts counts = all_;
  all_.most = all_.open;
  return counts;
}

}  // namespace tandem::net
