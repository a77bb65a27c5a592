// One io_context per core, each on one thread. A connection never changes thread.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

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

// Continues the calling coroutine's value on another io_context: runs `work` on `executor` and
// returns its result to the caller's own thread (values only cross threads).
template <class T>
Task<T> run_on(Executor executor, std::function<Task<T>()> work);

}  // namespace tandem::net
