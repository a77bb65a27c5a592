// KeyedLock: one holder per key, across io threads. A coroutine waits its turn, first come first
// served, without blocking its thread; the guard passes the lock on when it goes. For things that
// must not overlap for one account while other accounts go on.
//
// Any thread. A wait is not cancelled: holders are bounded by their own deadlines.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/net/task.hpp"

namespace tandem::net {

class KeyedLock {
  struct State;

 public:
  // Holds the key; moved, not copied. Letting go of it is unlocking.
  class Guard {
   public:
    Guard() = default;
    Guard(std::shared_ptr<State> state, std::int64_t key);
    Guard(Guard&& other) noexcept;
    Guard& operator=(Guard&& other) noexcept;
    ~Guard();
    void unlock();
    [[nodiscard]] bool holds() const { return state_ != nullptr; }

   private:
    std::shared_ptr<State> state_;
    std::int64_t key_ = 0;
  };

  KeyedLock();
  [[nodiscard]] Task<Guard> lock(std::int64_t key);

 private:
  std::shared_ptr<State> state_;
};

}  // namespace tandem::net
