#include "sync/sync.hpp"

#include <algorithm>

#include "lib/net/runtime.hpp"
#include "lib/net/task_group.hpp"
#include "sync/state.hpp"
#include "sync/worker.hpp"

namespace tandem::sync {

using migration::CopyProgress;
using migration::CopyState;
using migration::DeltaReport;
using migration::FolderProgress;

Sync::Sync(store::Store& store, const migration::Registry& registry,
           const migration::SideAccess& access, migration::AccountLocks& locks,
           migration::AccountLeases& leases, const migration::EventBus& events, const Clock& clock,
           net::Executor executor, SyncOptions options)
    : state_(std::make_unique<State>(store, registry, access, locks, leases, events, clock,
                                     std::move(executor), std::move(options))) {}

Sync::~Sync() = default;

Task<void> Sync::run(net::TaskGroup& group) {
  State& state = *state_;
  state.stopping = false;
  const auto on_stop = group.on_stop([&state] {
    state.stopping = true;
    state.tick.notify();
    const std::lock_guard lock(state.mutex);
    for (const auto& [id, worker] : state.workers) worker->stop();
  });
  const auto on_change = state.registry.on_change([tick = state.tick] { tick.notify(); });
  std::uint64_t generation = 0;
  while (!group.stopping()) {
    const auto routes = state.registry.routes();
    const bool changed = routes->generation() != std::exchange(generation, routes->generation());
    for (const migration::Account& account : routes->accounts()) {
      const bool wanted = !migration::is_left_alone(account);
      const std::lock_guard lock(state.mutex);
      auto& worker = state.workers[account.id];
      if (worker && worker->state() == WorkerState::ended) worker.reset();
      if (worker && changed) worker->show(account);
      if (worker && !wanted) worker->pause();
      if (worker || !wanted) continue;
      worker = std::make_shared<Worker>(state, group, account);
      group.spawn(Worker::run(worker));
    }
    {
      const std::lock_guard lock(state.mutex);
      std::erase_if(state.workers, [](const auto& entry) { return entry.second == nullptr; });
    }
    (void)co_await state.tick.wait();
  }
}

Task<Result<DeltaReport>> Sync::run_delta(AccountId account, Side from) {
  std::function<Task<Result<DeltaReport>>()> work =
      std::bind_front(&State::delta, state_.get(), account, from);
  co_return co_await net::run_on<Result<DeltaReport>>(state_->executor, std::move(work));
}

Task<Result<VerifyReport>> Sync::verify(AccountId account, bool full) {
  std::function<Task<Result<VerifyReport>>()> work =
      std::bind_front(&State::verify, state_.get(), account, full);
  co_return co_await net::run_on<Result<VerifyReport>>(state_->executor, std::move(work));
}

void Sync::run_now(AccountId account) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->asked.insert(account);
  }
  state_->ring(account);
}

bool Sync::is_copying(AccountId account) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->workers.find(account);
  return found != state_->workers.end() && found->second &&
         found->second->state() == WorkerState::passing;
}

void Sync::State::ring(AccountId account) {
  const std::lock_guard lock(mutex);
  const auto found = workers.find(account);
  if (found != workers.end() && found->second) found->second->ring();
}

}  // namespace tandem::sync
