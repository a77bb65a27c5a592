// Fence: which transactions are between their dot and their answer, and which accounts are held for
// a cut-over (R15). A transaction enters with the accounts it names; while one of them is held it
// may not, and its sender is told to try again. Nor may it while the same message is under way to
// one of its recipients: its sender lost that connection and came back before we were done (R11).
//
// Any thread.
#pragma once

#include <cstdint>
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
  enum class Way : std::uint8_t { open, held, same_message };

  // Who is under way. `replays`: H of each recipient; empty where nobody can send it again.
  struct Traveller {
    std::vector<AccountId> accounts;
    std::string trace;
    std::vector<std::string> replays;
  };

  // Anything but `open`: nothing was entered.
  [[nodiscard]] Way enter(const Traveller& traveller);
  void leave(const Traveller& traveller);
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
  std::set<std::string> replays_;
};

// Enters on making, leaves when it goes.
class Crossing {
 public:
  Crossing(Fence& fence, Fence::Traveller traveller)
      : fence_(fence), traveller_(std::move(traveller)), way_(fence_.enter(traveller_)) {}
  ~Crossing() {
    if (entered()) fence_.leave(traveller_);
  }
  Crossing(const Crossing&) = delete;
  Crossing& operator=(const Crossing&) = delete;
  [[nodiscard]] Fence::Way way() const { return way_; }
  [[nodiscard]] bool entered() const { return way_ == Fence::Way::open; }

 private:
  Fence& fence_;
  Fence::Traveller traveller_;
  Fence::Way way_;
};

}  // namespace tandem::gateway
