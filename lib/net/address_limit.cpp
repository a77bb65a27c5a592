#include "lib/net/address_limit.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <utility>

#include "lib/base/text.hpp"

namespace tandem::net {

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

AddressLimit::Place AddressLimit::enter(std::string_view address) {
  std::string key = counted_as(address);
  const std::lock_guard lock(mutex_);
  std::size_t& open = open_[key];
  if (open >= most_ && !unlimited_.contains(std::string(address))) return {};
  ++open;
  all_.most = std::max(all_.most, ++all_.open);
  return {*this, std::move(key)};
}

void AddressLimit::leave(const std::string& key) {
  const std::lock_guard lock(mutex_);
  --all_.open;
  const auto found = open_.find(key);
  if (--found->second == 0) open_.erase(found);
}

AddressLimit::Counts AddressLimit::count() {
  const std::lock_guard lock(mutex_);
  const Counts counts = all_;
  all_.most = all_.open;
  return counts;
}

}  // namespace tandem::net
