// Offload: a few threads for work that takes long (scrypt, digests). The coroutine that asked goes
// on where it was; an exception of the work reaches it.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "lib/net/sync.hpp"

namespace tandem::net {

struct Offload::State {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> queue;
  bool ending = false;
  std::vector<std::thread> threads;

  void work();
};

void Offload::State::work() {
  for (;;) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] { return ending || !queue.empty(); });
    if (queue.empty()) return;
    const auto job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    job();
  }
}

Offload::Offload(std::size_t threads) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    state_->threads.emplace_back([state = state_.get()] { state->work(); });
  }
}

Offload::~Offload() {
  {
    const std::scoped_lock lock(state_->mutex);
    state_->ending = true;
  }
  state_->changed.notify_all();
  for (auto& thread : state_->threads) thread.join();
}

namespace {

// The pool's thread fills `thrown`, the post hands it over. Only when that thread has left the
// caller's context (`left`) may the caller go on: it may end, and the context with it.
struct Job {
  std::atomic<bool> left = false;
  Executor caller;
  std::exception_ptr thrown;
  bool done = false;
  WaitList waiting;
};

void perform(const std::shared_ptr<Job>& job, const std::function<void()>& work) {
  try {
    work();
  } catch (...) {
    job->thrown = std::current_exception();
  }
  boost::asio::post(job->caller, [job] {
    while (!job->left.load(std::memory_order_acquire)) std::this_thread::yield();
    job->done = true;
    job->waiting.wake_all();
  });
  job->left.store(true, std::memory_order_release);
}

}  // namespace

Task<void> Offload::run(std::function<void()> work) {
  const auto job = std::make_shared<Job>();
  job->caller = co_await boost::asio::this_coro::executor;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->queue.emplace_back([job, &work] { perform(job, work); });
  }
  state_->changed.notify_one();
  while (!job->done) (void)co_await job->waiting.wait_through();
  if (job->thrown) std::rethrow_exception(job->thrown);
}

}  // namespace tandem::net
