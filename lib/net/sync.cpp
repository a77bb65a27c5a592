#include "lib/net/sync.hpp"

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
  if (!waiters_.wake_one()) ++free_;
}

Semaphore::Permit Semaphore::try_acquire() {
  if (free_ == 0) return Permit();
  --free_;
  return Permit(*this);
}

// A woken waiter owns the permit already: nobody can come between.
Task<Semaphore::Permit> Semaphore::acquire() {
  if (free_ > 0) co_return try_acquire();
  const Wake wake = co_await waiters_.wait();
  if (wake != Wake::ready) co_return Permit();
  co_return Permit(*this);
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
