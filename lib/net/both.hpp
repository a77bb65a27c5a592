// both: two tasks at a time, for commands to two servers that need not wait for each other.
#pragma once

#include <optional>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "lib/net/task_group.hpp"

namespace tandem::net {

namespace detail {
template <class T>
Task<void> run_into(Task<T> task, std::optional<T>& result) {
  result = co_await std::move(task);
}
}  // namespace detail

// Ends when both have ended, whatever either gives; whoever is cancelled cancels both. The caller's
// thread only.
template <class A, class B>
Task<std::pair<A, B>> both(Task<A> first, Task<B> second) {
  TaskGroup beside(co_await boost::asio::this_coro::executor);
  std::optional<B> other;
  beside.spawn(detail::run_into(std::move(second), other));
  A one = co_await std::move(first);
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  if (state.cancelled() != boost::asio::cancellation_type::none) beside.cancel();
  co_await beside.join();
  co_return std::pair<A, B>(std::move(one), std::move(*other));
}

}  // namespace tandem::net
