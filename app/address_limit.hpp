// AddressLimit: how many connections one client address may hold, all protocols together. IPv6
// clients are counted per /64, which is what one customer is given. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "lib/net/address_set.hpp"

namespace tandem::app {

class AddressLimit {
 public:
  // Those of `unlimited` speak for many.
  explicit AddressLimit(std::size_t most, net::AddressSet unlimited = {})
      : most_(most), unlimited_(std::move(unlimited)) {}

  // Counts one connection for as long as it lives; empty: the address has enough already.
  class Place {
   public:
    Place() = default;
    Place(AddressLimit& limit, std::string key) : limit_(&limit), key_(std::move(key)) {}
    Place(Place&& other) noexcept;
    Place& operator=(Place&&) = delete;
    ~Place();
    explicit operator bool() const { return limit_ != nullptr; }

   private:
    AddressLimit* limit_ = nullptr;
    std::string key_;
  };
  [[nodiscard]] Place enter(std::string_view address);

 private:
  void leave(const std::string& key);

  std::size_t most_;
  net::AddressSet unlimited_;
  std::mutex mutex_;
  std::map<std::string, std::size_t> open_;
};

// The address itself, or the first 64 bits of an IPv6 address.
[[nodiscard]] std::string counted_as(std::string_view address);

}  // namespace tandem::app
