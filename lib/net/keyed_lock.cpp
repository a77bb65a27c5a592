#include "lib/net/keyed_lock.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "lib/net/wait.hpp"

namespace tandem::net {
namespace {

// One coroutine in the queue. The list is its own thread's; `granted` is set by whoever unlocks.
struct Turn {
  Executor executor;
  WaitList list;
  std::atomic<bool> granted = false;
};

}  // namespace

struct KeyedLock::State {
  std::mutex mutex;
  std::unordered_map<std::int64_t, std::deque<std::shared_ptr<Turn>>> held;  // present: locked

  // Nothing: the lock is ours at once.
  std::shared_ptr<Turn> queue_up(std::int64_t key, const Executor& executor) {
    const std::lock_guard lock(mutex);
    const auto [entry, free] = held.try_emplace(key);
    if (free) return nullptr;
    auto turn = std::make_shared<Turn>();
    turn->executor = executor;
    entry->second.push_back(turn);
    return turn;
  }

  // The next in the queue, if any; else the key is free again.
  std::shared_ptr<Turn> pass_on(std::int64_t key) {
    const std::lock_guard lock(mutex);
    const auto entry = held.find(key);
    if (entry->second.empty()) {
      held.erase(entry);
      return nullptr;
    }
    auto next = std::move(entry->second.front());
    entry->second.pop_front();
    return next;
  }
};

KeyedLock::KeyedLock() : state_(std::make_shared<State>()) {}

Task<KeyedLock::Guard> KeyedLock::lock(std::int64_t key) {
  const auto state = state_;
  const Executor executor = co_await boost::asio::this_coro::executor;
  const auto turn = state->queue_up(key, executor);
  while (turn != nullptr && !turn->granted.load()) co_await turn->list.wait_through();
  co_return Guard(state, key);
}

KeyedLock::Guard::Guard(std::shared_ptr<State> state, std::int64_t key)
    : state_(std::move(state)), key_(key) {}
KeyedLock::Guard::Guard(Guard&& other) noexcept
    : state_(std::exchange(other.state_, nullptr)), key_(other.key_) {}
KeyedLock::Guard& KeyedLock::Guard::operator=(Guard&& other) noexcept {
  if (this == &other) return *this;
  unlock();
  state_ = std::exchange(other.state_, nullptr);
  key_ = other.key_;
  return *this;
}
KeyedLock::Guard::~Guard() {
  unlock();
}

void KeyedLock::Guard::unlock() {
  const auto state = std::exchange(state_, nullptr);
  if (state == nullptr) return;
  const auto next = state->pass_on(key_);
  if (next == nullptr) return;
  next->granted.store(true);
  boost::asio::post(next->executor, [next] { next->list.wake_all(); });
}

}  // namespace tandem::net
