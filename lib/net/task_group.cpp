#include "lib/net/task_group.hpp"

#include <cstdlib>
#include <exception>
#include <list>
#include <map>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "lib/base/log.hpp"
#include "lib/net/timer.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net {

namespace asio = boost::asio;

struct TaskGroup::State {
  explicit State(Executor where) : executor(std::move(where)) {}

  Executor executor;
  std::list<asio::cancellation_signal> children;  // one per running child
  bool cancelled = false;
  bool stopping = false;
  std::map<std::uint64_t, std::function<void()>> stop_calls;
  std::uint64_t next_stop_call = 0;
  WaitList joiners;
};

namespace {

// Operations report a cancellation as a value; without this Asio would throw at the next co_await.
// The first wait makes spawn return before the child's first statement.
Task<void> run_child(Task<void> child) {
  co_await asio::this_coro::throw_if_cancelled(false);
  co_await yield_now();
  try {
    co_await std::move(child);
  } catch (const std::exception& error) {
    log::error("E-NET-4", "a task ended with an exception: {}", error.what());
  } catch (...) {
    log::error("E-NET-5", "a task ended with an exception of unknown type");
  }
}

}  // namespace

TaskGroup::TaskGroup(Executor executor) : state_(std::make_shared<State>(std::move(executor))) {}

TaskGroup::~TaskGroup() {
  // Children use what their owner owns; going on would be a use after free.
  if (state_->children.empty() || std::uncaught_exceptions() > 0) return;
  log::error("E-NET-6", "a task group left its scope with {} tasks running",
             state_->children.size());
#ifndef NDEBUG
  std::abort();
#else
  cancel();
#endif
}

void TaskGroup::spawn(Task<void> child) {
  auto& children = state_->children;
  const auto place = children.emplace(children.end());
  auto ended = [state = state_, place](const std::exception_ptr&) {
    state->children.erase(place);
    if (state->children.empty()) state->joiners.wake_all();
  };
  asio::co_spawn(state_->executor, run_child(std::move(child)),
                 asio::bind_cancellation_slot(place->slot(), std::move(ended)));
  if (state_->cancelled) place->emit(asio::cancellation_type::terminal);
}

void TaskGroup::request_stop() {
  if (std::exchange(state_->stopping, true)) return;
  const auto state = state_;  // a call may end the group
  while (!state->stop_calls.empty()) {
    auto call = state->stop_calls.extract(state->stop_calls.begin());
    call.mapped()();
  }
}

bool TaskGroup::stopping() const {
  return state_->stopping;
}

TaskGroup::StopHandle TaskGroup::on_stop(std::function<void()> call) {
  if (state_->stopping) {
    call();
    return nullptr;
  }
  const std::uint64_t id = state_->next_stop_call++;
  state_->stop_calls.emplace(id, std::move(call));
  return StopHandle(nullptr, [state = std::weak_ptr(state_), id](void*) {
    if (const auto alive = state.lock()) alive->stop_calls.erase(id);
  });
}

void TaskGroup::cancel() {
  const auto state = state_;
  state->cancelled = true;
  // A signal may end no child at once (completions are posted), so the list stands still.
  for (auto& child : state->children) child.emit(asio::cancellation_type::terminal);
}

Task<void> TaskGroup::join() {
  const auto state = state_;
  while (!state->children.empty()) {
    const Wake wake = co_await state->joiners.wait();
    if (wake != Wake::cancelled) continue;
    cancel();  // whoever joins is cancelled, and so are those it waits for
    while (!state->children.empty()) (void)co_await state->joiners.wait_through();
  }
}

Task<bool> TaskGroup::shut_down(Duration grace) {
  const auto state = state_;
  request_stop();
  bool over = grace <= Duration(0);
  Timer timer(state->executor, [&over, state] {
    over = true;
    state->joiners.wake_all(Wake::timed_out);
  });
  if (!over) timer.arm_after(grace);
  while (!state->children.empty() && !over) {
    const Wake wake = co_await state->joiners.wait();
    if (wake == Wake::cancelled) break;
  }
  const bool in_time = state->children.empty();
  cancel();
  co_await join();
  co_return in_time;
}

std::size_t TaskGroup::running() const {
  return state_->children.size();
}
Executor TaskGroup::executor() const {
  return state_->executor;
}

}  // namespace tandem::net
