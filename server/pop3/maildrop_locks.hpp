// MaildropLocks: RFC 1939 4 gives a maildrop to one session at a time; the second is told [IN-USE].
// One per server; any thread.
#pragma once

#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>

#include "server/accounts/accounts.hpp"

namespace tandem::server {

class MaildropLocks {
 public:
  // Held until it goes; it must not outlive the locks.
  class Lock {
   public:
    Lock(MaildropLocks& owner, AccountId account) : owner_(&owner), account_(account) {}
    Lock(Lock&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), account_(other.account_) {}
    Lock& operator=(Lock&&) = delete;
    ~Lock() {
      if (owner_ != nullptr) owner_->release(account_);
    }

   private:
    MaildropLocks* owner_;
    AccountId account_;
  };

  // Nothing: another session has it.
  [[nodiscard]] std::optional<Lock> take(AccountId account) {
    const std::lock_guard guard(mutex_);
    if (!held_.insert(account).second) return std::nullopt;
    return std::optional<Lock>(std::in_place, *this, account);
  }

 private:
  void release(AccountId account) {
    const std::lock_guard guard(mutex_);
    held_.erase(account);
  }

  std::mutex mutex_;
  std::unordered_set<AccountId> held_;
};

}  // namespace tandem::server
