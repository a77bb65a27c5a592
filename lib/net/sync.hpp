// Small things coroutines meet at. All but RemoteNotifier and Offload belong to one io_context and
// its thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "lib/base/clock.hpp"
#include "lib/net/task.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net {

// "Something may have changed, look again." notify() wakes all that wait now, and if nobody does,
// the next one to wait: no wake-up is lost between looking and waiting.
class Notifier {
 public:
  void notify();
  // False: cancelled. Look again either way.
  [[nodiscard]] Task<bool> wait();
  // The same within a time; false: cancelled, or the time was over.
  [[nodiscard]] Task<bool> wait_for(Duration limit);

 private:
  WaitList waiters_;
  bool pending_ = false;
};

// A door: closed until set(), then open for all until reset().
class Event {
 public:
  void set();
  void reset() { set_ = false; }
  [[nodiscard]] bool is_set() const { return set_; }
  [[nodiscard]] Task<bool> wait();  // false: cancelled

 private:
  WaitList waiters_;
  bool set_ = false;
};

// At most so many at a time. The heaviest first, and first come first served among equals; every
// fourth goes to whoever has waited longest, so that nobody is passed over for ever.
class Semaphore {
 public:
  explicit Semaphore(std::size_t permits) : free_(permits) {}
  ~Semaphore();  // who waits is cancelled
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Held until it goes. It must not outlive the semaphore.
  class Permit {
   public:
    Permit() = default;
    explicit Permit(Semaphore& owner) : owner_(&owner) {}
    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Permit& operator=(Permit&& other) noexcept;
    ~Permit() { release(); }
    void release();
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    Semaphore* owner_ = nullptr;
  };

  [[nodiscard]] Task<Permit> acquire(std::uint64_t weight = 0);  // an empty permit: cancelled
  // An empty permit: cancelled, or none was free in time.
  [[nodiscard]] Task<Permit> acquire_within(Duration limit);
  [[nodiscard]] Permit try_acquire();
  [[nodiscard]] std::size_t available() const { return free_; }
  [[nodiscard]] bool is_wanted() const { return !waiters_.empty(); }  // somebody waits

 private:
  struct Waiter {
    explicit Waiter(Semaphore& semaphore, std::uint64_t heavy = 0);
    ~Waiter();
    Semaphore* owner;  // null: it is gone
    std::uint64_t weight;
    WaitList list;
    bool given = false;  // the permit is this one's already: nobody can come between
  };
  static Task<Permit> wait_as(Waiter& waiter);
  void give_back();
  std::deque<Waiter*>::iterator next();
  std::size_t free_;
  std::size_t given_ = 0;        // to those who waited
  std::deque<Waiter*> waiters_;  // in the order in which they came
};

// A Notifier that any thread may ring. It is waited for on the executor's thread. Copies share it.
class RemoteNotifier {
 public:
  explicit RemoteNotifier(Executor executor);
  void notify() const;                    // any thread
  [[nodiscard]] Task<bool> wait() const;  // the executor's thread
  [[nodiscard]] Task<bool> wait_for(Duration limit) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// A few threads for slow work that would hold up an io_context: scrypt, digests, search.
class Offload {
 public:
  explicit Offload(std::size_t threads);
  ~Offload();  // finishes what is queued

  // Runs `work` on a thread of the pool and waits for it, deaf to cancellation (the work uses what
  // the caller owns). What it throws is rethrown.
  [[nodiscard]] Task<void> run(std::function<void()> work);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// The value of `work()`, computed on the pool.
template <class T>
[[nodiscard]] Task<T> offload(Offload& pool, std::function<T()> work) {
  std::optional<T> result;
  std::function<void()> keep = [&result, &work] { result.emplace(work()); };
  co_await pool.run(keep);
  co_return std::move(*result);
}

}  // namespace tandem::net
