#include "lib/net/runtime.hpp"

#include <exception>
#include <thread>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include "lib/net/task_group.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net {

namespace asio = boost::asio;

struct Runtime::State {
  std::vector<std::unique_ptr<asio::io_context>> contexts;
};

Runtime::Runtime(std::size_t threads) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    state_->contexts.push_back(std::make_unique<asio::io_context>(1));
  }
}

Runtime::~Runtime() = default;

std::size_t Runtime::size() const {
  return state_->contexts.size();
}

Executor Runtime::executor(std::size_t index) const {
  return state_->contexts.at(index)->get_executor();
}

namespace {

Task<void> without_throwing(Task<void> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await std::move(work);
}

}  // namespace

void Runtime::run(Task<void> root) {
  auto& contexts = state_->contexts;
  std::vector<asio::executor_work_guard<asio::io_context::executor_type>> guards;
  std::vector<std::thread> threads;
  for (auto& context : contexts) guards.push_back(asio::make_work_guard(*context));
  std::exception_ptr thrown;
  auto ended = [&contexts, &thrown](std::exception_ptr error) {
    thrown = std::move(error);
    for (auto& context : contexts) context->stop();
  };
  asio::co_spawn(*contexts[0], without_throwing(std::move(root)), std::move(ended));
  for (std::size_t i = 1; i < contexts.size(); ++i) {
    threads.emplace_back([&context = *contexts[i]] { context.run(); });
  }
  contexts[0]->run();
  for (auto& thread : threads) thread.join();
  if (thrown) std::rethrow_exception(thrown);
}

namespace detail {
namespace {

// Shared by both threads; each field belongs to the one named.
struct RemoteCall {
  Executor caller;                   // immutable
  asio::cancellation_signal signal;  // the remote thread
  bool over = false;                 // the remote thread, then the caller's
  bool returned = false;             // the caller's
  std::exception_ptr thrown;         // handed over with the post
  WaitList waiting;                  // the caller's
};

Task<void> start(std::function<Task<void>()> work) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await work();
}

void begin(const std::shared_ptr<RemoteCall>& call, const Executor& there,
           std::function<Task<void>()> work) {
  auto ended = [call](std::exception_ptr error) {
    call->over = true;
    asio::post(call->caller, [call, error] {
      call->thrown = error;
      call->returned = true;
      call->waiting.wake_all();
    });
  };
  asio::co_spawn(there, start(std::move(work)),
                 asio::bind_cancellation_slot(call->signal.slot(), std::move(ended)));
}

}  // namespace

Task<void> run_on_erased(Executor executor, std::function<Task<void>()> work) {
  const auto call = std::make_shared<RemoteCall>();
  call->caller = co_await asio::this_coro::executor;
  asio::post(executor, [call, executor, work = std::move(work)]() mutable {
    begin(call, executor, std::move(work));
  });
  const Wake wake = co_await call->waiting.wait();
  if (wake == Wake::cancelled && !call->returned) {
    asio::post(executor, [call] {
      if (!call->over) call->signal.emit(asio::cancellation_type::terminal);
    });
  }
  while (!call->returned) (void)co_await call->waiting.wait_through();
  if (call->thrown) std::rethrow_exception(call->thrown);
}

}  // namespace detail
}  // namespace tandem::net
