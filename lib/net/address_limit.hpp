// AddressLimit: how many connections one client address may hold, and how many it may begin in a
// minute, all listeners together, from before their TLS handshake on (T-18). IPv6 clients are
// counted per /64, which is what one customer is given. Who has logged in is not counted: a whole
// office may be behind one address. Any thread.
#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/clock.hpp"
#include "lib/net/address_set.hpp"

namespace tandem::net {

class AddressLimit {
 public:
  // Those of `unlimited` speak for many.
  explicit AddressLimit(std::size_t most, AddressSet unlimited = {})
      : most_(most), unlimited_(std::move(unlimited)) {}
  // Before the first enter(). `per_minute` 0: there is no such limit.
  void limit_rate(std::size_t per_minute, const Clock& clock);

  // Counts one connection for as long as it lives.
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
  // Empty: the address has enough already, or begins too many. Refused ones are counted
  // (refusals.hpp).
  [[nodiscard]] Place enter(std::string_view address);

  // Of one that has a place: as long as this lives, it does not count.
  class LoggedIn {
   public:
    LoggedIn() = default;
    LoggedIn(AddressLimit& limit, std::string key) : limit_(&limit), key_(std::move(key)) {}
    LoggedIn(LoggedIn&& other) noexcept
        : limit_(std::exchange(other.limit_, nullptr)), key_(std::move(other.key_)) {}
    LoggedIn& operator=(LoggedIn&&) = delete;
    ~LoggedIn();

   private:
    AddressLimit* limit_ = nullptr;
    std::string key_;
  };
  [[nodiscard]] LoggedIn logged_in(std::string_view address);

  // All connections together: now, and at the most since the last time that was asked.
  struct Counts {
    std::size_t open = 0;
    std::size_t most = 0;
  };
  [[nodiscard]] Counts count();

 private:
  struct Address {
    std::size_t open = 0;
    std::size_t known = 0;  // of them
  };
  struct Minute {
    SteadyTime began{};
    std::size_t begun = 0;
  };

  void leave(const std::string& key);
  void forget(const std::string& key);
  [[nodiscard]] bool comes_too_often(const std::string& key);
  void forget_old_minutes(SteadyTime now);

  const std::size_t most_;
  const AddressSet unlimited_;
  std::size_t per_minute_ = 0;
  const Clock* clock_ = nullptr;
  std::mutex mutex_;
  std::map<std::string, Address> open_;
  std::map<std::string, Minute> minutes_;
  SteadyTime tidied_{};
  Counts all_;
};

// The address itself, or the first 64 bits of an IPv6 address.
[[nodiscard]] std::string counted_as(std::string_view address);

}  // namespace tandem::net
