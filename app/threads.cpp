#include "app/threads.hpp"

#include <stdexcept>
#include <utility>

namespace tandem::app {
namespace {

thread_local net::TaskGroup* group_here = nullptr;

}  // namespace

Threads::Threads(net::Runtime& runtime) : runtime_(runtime) {
  for (std::size_t i = 0; i < runtime.size(); ++i)
    groups_.push_back(std::make_unique<net::TaskGroup>(runtime.executor(i)));
}

net::Executor Threads::executor(std::size_t thread) const {
  return runtime_.executor(thread);
}

net::TaskGroup& Threads::here() const {
  if (group_here == nullptr) throw std::logic_error("not an io thread");
  return *group_here;
}

net::Task<void> Threads::set_here(std::size_t thread) {
  group_here = groups_[thread].get();
  co_return;
}

net::Task<void> Threads::ask_to_stop(std::size_t thread) {
  groups_[thread]->request_stop();
  co_return;
}

net::Task<void> Threads::end(std::size_t thread, Duration grace, bool* clean) {
  const bool ended = co_await groups_[thread]->shut_down(grace);
  *clean = *clean && ended;
}

net::Task<void> Threads::begin() {
  std::function<net::Task<void>(std::size_t)> work = std::bind_front(&Threads::set_here, this);
  co_await on_each(std::move(work));
}

net::Task<void> Threads::on_each(std::function<net::Task<void>(std::size_t)> work) {
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    std::function<net::Task<void>()> there = std::bind_front(work, i);
    const net::Executor executor = runtime_.executor(i);
    co_await net::run_on<void>(executor, std::move(there));
  }
}

net::Task<bool> Threads::shut_down(Duration grace) {
  bool clean = true;
  std::function<net::Task<void>(std::size_t)> ask = std::bind_front(&Threads::ask_to_stop, this);
  co_await on_each(std::move(ask));
  // Background work first: it hands units to the others' stores.
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    std::function<net::Task<void>()> there = std::bind_front(&Threads::end, this, i, grace, &clean);
    const net::Executor executor = runtime_.executor(i);
    co_await net::run_on<void>(executor, std::move(there));
  }
  co_return clean;
}

}  // namespace tandem::app
