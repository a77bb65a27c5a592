#include "proxy/gateway/fence.hpp"

#include <algorithm>

#include "lib/net/task_group.hpp"

namespace tandem::gateway {
namespace {

constexpr Duration look_again = std::chrono::milliseconds(10);

}  // namespace

bool Fence::enter(const std::vector<AccountId>& accounts, const std::string& trace) {
  const std::lock_guard lock(mutex_);
  for (const AccountId account : accounts)
    if (held_.contains(account)) return false;
  for (const AccountId account : accounts) ++under_way_[account];
  traces_.insert(trace);
  return true;
}

void Fence::leave(const std::vector<AccountId>& accounts, const std::string& trace) {
  const std::lock_guard lock(mutex_);
  for (const AccountId account : accounts)
    if (--under_way_[account] == 0) under_way_.erase(account);
  traces_.erase(trace);
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
