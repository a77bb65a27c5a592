// AddressLimit: how many connections one client address may hold, all listeners together, from
// before their TLS handshake on (T-18). IPv6 clients are counted per /64, which is what one
// customer is given. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "lib/net/address_set.hpp"

namespace tandem::net {

class AddressLimit {
 public:
  // Those of `unlimited` speak for many.
  explicit AddressLimit(std::size_t most, AddressSet unlimited = {})
      : most_(most), unlimited_(std::move(unlimited)) {}

  // Counts one connection for as long as it lives; empty: the address has enough already.
  class Place {
   public:
    Place() = default;
    Place(AddressLimit& limit, std::string key) : limit_(&limit), key_(std::move(key)) {}
    Place(Place&& other) noexcept;
    Place& operator=(Place&& other) noexcept;
    ~Place();
    explicit operator bool() const { return limit_ != nullptr; }

   private:
    AddressLimit* limit_ = nullptr;
    std::string key_;
  };
  [[nodiscard]] Place enter(std::string_view address);

  // All connections together: now, and at the most since the last time that was asked.
  struct Counts {
    std::size_t open = 0;
    std::size_t most = 0;
  };
  [[nodiscard]] Counts count();

 private:
  void leave(const std::string& key);

  std::size_t most_;
  AddressSet unlimited_;
  std::mutex mutex_;
  std::map<std::string, std::size_t> open_;
  Counts all_;
};

// The address itself, or the first 64 bits of an IPv6 address.
[[nodiscard]] std::string counted_as(std::string_view address);

}  // namespace tandem::net
