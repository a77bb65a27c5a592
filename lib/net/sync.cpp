#include "lib/net/sync.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "lib/net/timer.hpp"

namespace tandem::net {

void Notifier::notify() {
  if (waiters_.empty()) {
    pending_ = true;
  } else {
    waiters_.wake_all();
  }
}

Task<bool> Notifier::wait() {
  if (std::exchange(pending_, false)) co_return true;
  const Wake wake = co_await waiters_.wait();
  co_return wake == Wake::ready;
}

Task<bool> Notifier::wait_for(Duration limit) {
  if (std::exchange(pending_, false)) co_return true;
  const auto executor = co_await boost::asio::this_coro::executor;
  WaitList* waiters = &waiters_;
  bool over = false;
  // Others that wait are woken for nothing: they look again.
  Timer timer(executor, [waiters, &over] {
    over = true;
    waiters->wake_all();
  });
  timer.arm_after(limit);
  const Wake wake = co_await waiters_.wait();
  co_return wake == Wake::ready && !over;
}

void Event::set() {
  set_ = true;
  waiters_.wake_all();
}

Task<bool> Event::wait() {
  while (!set_) {
    const Wake wake = co_await waiters_.wait();
    if (wake != Wake::ready) co_return false;
  }
  co_return true;
}

Semaphore::Permit& Semaphore::Permit::operator=(Permit&& other) noexcept {
  if (this == &other) return *this;
  release();
  owner_ = std::exchange(other.owner_, nullptr);
  return *this;
}

void Semaphore::Permit::release() {
  if (auto* owner = std::exchange(owner_, nullptr)) owner->give_back();
}

void Semaphore::give_back() {
  if (waiters_.empty()) {
    ++free_;
    return;
  }
  const auto chosen = next();
  Waiter& waiter = **chosen;
  waiters_.erase(chosen);
  waiter.given = true;
  waiter.list.wake_all();
}

std::deque<Semaphore::Waiter*>::iterator Semaphore::next() {
  if (++given_ % 4 == 0) return waiters_.begin();
  return std::ranges::max_element(waiters_, {}, [](const Waiter* one) { return one->weight; });
}

Semaphore::Permit Semaphore::try_acquire() {
  if (free_ == 0) return Permit();
  --free_;
  return Permit(*this);
}

Semaphore::Waiter::Waiter(Semaphore& semaphore, std::uint64_t heavy)
    : owner(&semaphore), weight(heavy) {
  owner->waiters_.push_back(this);
}

Semaphore::Waiter::~Waiter() {
  if (owner != nullptr && !given) std::erase(owner->waiters_, this);
}

Semaphore::~Semaphore() {
  for (Waiter* waiter : waiters_) {
    waiter->owner = nullptr;
    waiter->list.wake_all(Wake::cancelled);
  }
}

Task<Semaphore::Permit> Semaphore::wait_as(Waiter& waiter) {
  const Wake wake = co_await waiter.list.wait();
  Permit permit;
  if (waiter.given && waiter.owner != nullptr) permit = Permit(*waiter.owner);
  if (wake == Wake::cancelled) permit.release();  // to the next: this one will not use it
  co_return std::move(permit);
}

Task<Semaphore::Permit> Semaphore::acquire(std::uint64_t weight) {
  if (free_ > 0) co_return try_acquire();
  Waiter waiter(*this, weight);
  co_return co_await wait_as(waiter);
}

Task<Semaphore::Permit> Semaphore::acquire_within(Duration limit) {
  if (free_ > 0) co_return try_acquire();
  const auto executor = co_await boost::asio::this_coro::executor;
  Waiter waiter(*this);
  Timer timer(executor, [one = &waiter] { one->list.wake_all(Wake::timed_out); });
  timer.arm_after(limit);
  co_return co_await wait_as(waiter);
}

struct RemoteNotifier::State {
  explicit State(Executor where) : executor(std::move(where)) {}
  Executor executor;
  Notifier notifier;
};

RemoteNotifier::RemoteNotifier(Executor executor)
    : state_(std::make_shared<State>(std::move(executor))) {}

void RemoteNotifier::notify() const {
  boost::asio::post(state_->executor, [state = state_] { state->notifier.notify(); });
}

Task<bool> RemoteNotifier::wait() const {
  const auto state = state_;
  co_return co_await state->notifier.wait();
}

Task<bool> RemoteNotifier::wait_for(Duration limit) const {
  const auto state = state_;
  co_return co_await state->notifier.wait_for(limit);
}

}  // namespace tandem::net
