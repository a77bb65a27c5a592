// Fence: which transactions are between their dot and their answer, and which accounts are held for
// a cut-over (R15). A transaction enters with the accounts it names; while one of them is held it
// may not, and its sender is told to try again.
//
// Any thread.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "migration/cutover_parts.hpp"

namespace tandem::gateway {

using migration::AccountId;
using net::Task;

class Fence {
 public:
  // False: an account is held; nothing was entered.
  [[nodiscard]] bool enter(const std::vector<AccountId>& accounts, const std::string& trace);
  void leave(const std::vector<AccountId>& accounts, const std::string& trace);
  [[nodiscard]] bool is_held(AccountId account) const;
  [[nodiscard]] bool is_under_way(const std::string& trace) const;

  void hold(AccountId account);
  void release(AccountId account);
  // Waits until no transaction that names the account is under way. False: `limit` passed first.
  Task<bool> drained(AccountId account, Duration limit) const;

 private:
  [[nodiscard]] bool is_busy(AccountId account) const;

  mutable std::mutex mutex_;
  std::map<AccountId, int> under_way_;
  std::set<AccountId> held_;
  std::set<std::string> traces_;
};

// Enters on making, leaves when it goes.
class Crossing {
 public:
  Crossing(Fence& fence, std::vector<AccountId> accounts, std::string trace)
      : fence_(fence), accounts_(std::move(accounts)), trace_(std::move(trace)) {
    entered_ = fence_.enter(accounts_, trace_);
  }
  ~Crossing() {
    if (entered_) fence_.leave(accounts_, trace_);
  }
  Crossing(const Crossing&) = delete;
  Crossing& operator=(const Crossing&) = delete;
  [[nodiscard]] bool entered() const { return entered_; }

 private:
  Fence& fence_;
  std::vector<AccountId> accounts_;
  std::string trace_;
  bool entered_ = false;
};

}  // namespace tandem::gateway
