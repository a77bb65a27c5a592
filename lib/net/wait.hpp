// Waiting, the one way lib/net does it. A WaitList holds coroutines that wait for the same thing;
// whoever brings it about wakes one or all. Everything that waits without a descriptor (memory
// streams, TaskGroup::join, sleep_for, Semaphore) is built on it.
//
// A wake-up is posted, never run inside the waker: no re-entrance. A waiter must look again at what
// it waited for. One io_context, its thread only.
#pragma once

#include <cstdint>

#include "lib/net/task.hpp"

namespace tandem::net {

enum class Wake : std::uint8_t {
  ready,      // what was waited for may have come true
  timed_out,  // a timer woke it
  cancelled,  // the task was cancelled, or the list went away
};

namespace detail {
// A node of a circular list. Copying makes no sense; destroying unlinks.
struct Link {
  Link* next = this;
  Link* previous = this;
  Link() = default;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { unlink(); }
  [[nodiscard]] bool linked() const { return next != this; }
  void unlink();
  void insert_before(Link& node);
};
}  // namespace detail

class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList();  // wakes all with cancelled

  // Waits until woken, first come first served. Ends with cancelled when the task is cancelled (at
  // once if it already is).
  [[nodiscard]] Task<Wake> wait();
  // The same, deaf to cancellation: for what must be waited for (children, work on a thread).
  [[nodiscard]] Task<Wake> wait_through();

  // False: nobody waited.
  bool wake_one(Wake reason = Wake::ready);
  void wake_all(Wake reason = Wake::ready);
  [[nodiscard]] bool empty() const { return !waiters_.linked(); }

 private:
  detail::Link waiters_;
};

// Lets everything else that is ready on this io_context run first.
[[nodiscard]] Task<void> yield_now();

}  // namespace tandem::net
