// Threads: the io threads with one TaskGroup each, in which everything that runs on that thread
// lives. Started once per process; ended in two steps, as TaskGroup describes.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "lib/net/runtime.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::app {

class Threads {
 public:
  explicit Threads(net::Runtime& runtime);

  [[nodiscard]] std::size_t size() const { return groups_.size(); }
  [[nodiscard]] net::TaskGroup& group(std::size_t thread) { return *groups_[thread]; }
  [[nodiscard]] net::Executor executor(std::size_t thread) const;
  // The group of the calling io thread; any other thread is a bug.
  [[nodiscard]] net::TaskGroup& here() const;

  // Makes here() known on every thread. From executor 0, before anything else.
  net::Task<void> begin();
  // Runs `work(i)` on thread i, one after the other, and waits for each.
  net::Task<void> on_each(std::function<net::Task<void>(std::size_t)> work);
  // Asks everything to stop, waits up to `grace`, cancels what is left. True: nothing had to be.
  net::Task<bool> shut_down(Duration grace);

 private:
  net::Task<void> set_here(std::size_t thread);
  net::Task<void> ask_to_stop(std::size_t thread);
  net::Task<void> end(std::size_t thread, Duration grace, bool* clean);

  net::Runtime& runtime_;
  std::vector<std::unique_ptr<net::TaskGroup>> groups_;
};

}  // namespace tandem::app
