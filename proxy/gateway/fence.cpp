#include "proxy/gateway/fence.hpp"

#include <algorithm>

#include "lib/net/task_group.hpp"

namespace tandem::gateway {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(10);

}  // namespace

Fence::Way Fence::enter(const Traveller& traveller) {
  const std::lock_guard lock(mutex_);
  const auto held = [this](AccountId account) { return held_.contains(account); };
  const auto under_way = [this](const std::string& replay) { return replays_.contains(replay); };
  if (std::ranges::any_of(traveller.accounts, held)) return Way::held;
  if (std::ranges::any_of(traveller.replays, under_way)) return Way::same_message;
  for (const AccountId account : traveller.accounts) ++under_way_[account];
  traces_.insert(traveller.trace);
  replays_.insert(traveller.replays.begin(), traveller.replays.end());
  return Way::open;
}

void Fence::leave(const Traveller& traveller) {
  const std::lock_guard lock(mutex_);
  for (const AccountId account : traveller.accounts)
    if (--under_way_[account] == 0) under_way_.erase(account);
  traces_.erase(traveller.trace);
  for (const auto& replay : traveller.replays) replays_.erase(replay);
}

bool Fence::is_held(AccountId account) const {
  const std::lock_guard lock(mutex_);
  return held_.contains(account);
}

bool Fence::is_under_way(const std::string& trace) const {
  const std::lock_guard lock(mutex_);
  return traces_.contains(trace);
}

bool Fence::is_busy(AccountId account) const {
  const std::lock_guard lock(mutex_);
  return under_way_.contains(account);
}

void Fence::hold(AccountId account) {
  const std::lock_guard lock(mutex_);
  held_.insert(account);
}

void Fence::release(AccountId account) {
  const std::lock_guard lock(mutex_);
  held_.erase(account);
}

Task<bool> Fence::drained(AccountId account, Duration limit) const {
  for (Duration waited{0}; is_busy(account); waited += look_again) {
    if (waited >= limit) co_return false;
    if (!co_await net::sleep_for(look_again)) co_return false;
  }
  co_return true;
}

}  // namespace tandem::gateway
