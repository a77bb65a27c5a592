#include "lib/net/timer.hpp"

#include <algorithm>

#include "lib/net/context_service.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::net {

using detail::ContextService;

Timer::Timer(const Executor& executor, std::function<void()> call)
    : service_(ContextService::of(executor)), call_(std::move(call)) {}

Timer::~Timer() {
  disarm();
}

void Timer::arm(SteadyTime due) {
  disarm();
  entry_ = service_.insert(due, this);
  armed_ = true;
}

void Timer::arm_after(Duration after) {
  arm(now() + after);
}

void Timer::disarm() {
  if (!armed_) return;
  armed_ = false;
  service_.erase(entry_);
}

SteadyTime Timer::now() const {
  return service_.clock().steady();
}

const Clock& clock_of(const Executor& executor) {
  return ContextService::of(executor).clock();
}

ManualTimers::ManualTimers(Executor executor) : executor_(std::move(executor)) {
  ContextService::of(executor_).use_clock(clock_, true);
}

void ManualTimers::advance(Duration by) {
  auto& service = ContextService::of(executor_);
  const SteadyTime end = clock_.steady() + by;
  while (service.next_due() <= end) {
    clock_.advance(std::max(Duration(0), service.next_due() - clock_.steady()));
    service.fire_due();
  }
  clock_.advance(end - clock_.steady());
}

Task<void> ManualTimers::pass(Duration by) {
  auto& service = ContextService::of(executor_);
  const SteadyTime end = clock_.steady() + by;
  co_await settle();
  while (service.next_due() <= end) {
    clock_.advance(std::max(Duration(0), service.next_due() - clock_.steady()));
    service.fire_due();
    co_await settle();
  }
  clock_.advance(end - clock_.steady());
}

Task<void> ManualTimers::settle() {
  constexpr int rounds = 100;  // deeper than any chain of wake-ups in the program
  for (int round = 0; round < rounds; ++round) co_await yield_now();
}

Task<bool> sleep_for(Duration duration) {
  const auto executor = co_await boost::asio::this_coro::executor;
  WaitList sleeper;
  Timer timer(executor, [&sleeper] { sleeper.wake_all(Wake::timed_out); });
  if (duration <= Duration(0)) {
    co_await yield_now();
    const auto state = co_await boost::asio::this_coro::cancellation_state;
    co_return state.cancelled() == boost::asio::cancellation_type::none;
  }
  timer.arm_after(duration);
  const Wake wake = co_await sleeper.wait();
  co_return wake == Wake::timed_out;
}

}  // namespace tandem::net
