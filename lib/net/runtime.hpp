// One io_context per core, each on one thread. A connection never changes thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "lib/net/task.hpp"

namespace tandem::net {

class Runtime {
 public:
  explicit Runtime(std::size_t threads);
  ~Runtime();  // stop() must have returned, or run() never been called

  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] Executor executor(std::size_t index) const;
  // Runs `root` on executor 0 and all other contexts on their threads until it returns; then stops
  // the contexts and joins the threads. An exception of the root is rethrown.
  void run(Task<void> root);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

namespace detail {
Task<void> run_on_erased(Executor executor, std::function<Task<void>()> work);

template <class T>
Task<void> keep_result(std::function<Task<T>()> work, std::optional<T>* result) {
  result->emplace(co_await work());
}
}  // namespace detail

// Continues the calling coroutine's value on another io_context: runs `work` on `executor` and
// returns its result to the caller's own thread (values only cross threads). What `work` throws is
// rethrown here. Cancelling the caller cancels the work; its end is always waited for.
template <class T>
Task<T> run_on(Executor executor, std::function<Task<T>()> work) {
  std::optional<T> result;
  std::function<Task<void>()> kept =
      std::bind_front(&detail::keep_result<T>, std::move(work), &result);
  co_await detail::run_on_erased(executor, std::move(kept));
  co_return std::move(*result);
}

template <>
inline Task<void> run_on<void>(Executor executor, std::function<Task<void>()> work) {
  return detail::run_on_erased(std::move(executor), std::move(work));
}

}  // namespace tandem::net
