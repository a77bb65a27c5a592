// What a cut-over needs of other rooms, as three small interfaces. The session proxy, the gateway
// and the sync implement them; app/ plugs them together. Every method may be called on any io
// thread.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"
#include "migration/views.hpp"

namespace tandem::migration {

using net::Task;

// proxy/session: the people's side of the fence.
class SessionFence {
 public:
  virtual ~SessionFence() = default;
  // From now on log-ins of this account wait (at most `limit`, then they are told to try again).
  virtual Task<void> hold(AccountId account, Duration limit) = 0;
  // Ends the account's open sessions after their current command; returns how many when all are
  // gone or `limit` has passed (then they are cut).
  virtual Task<std::size_t> drain(AccountId account, Duration limit) = 0;
  // Held log-ins go on, with the routes that are valid now. Also ends a hold that led to nothing.
  virtual Task<void> release(AccountId account) = 0;
};

// proxy/gateway: mail under way to this account.
class TransactionFence {
 public:
  virtual ~TransactionFence() = default;
  // From now on RCPT for this account is answered 451 4.2.1; waits until no transaction that names
  // it is open, at most `limit` (R15). False: some still were; they end with 451 4.2.1.
  virtual Task<bool> hold_and_drain(AccountId account, Duration limit) = 0;
  virtual Task<void> release(AccountId account) = 0;
  // Mirror copies not yet made, and debts: roll-back and cut-over want zero.
  virtual std::uint64_t pending_mirrors(AccountId account) const = 0;
};

struct DeltaReport {
  std::uint64_t copied = 0;  // messages
  std::uint64_t flags_changed = 0;
  std::uint64_t source_messages = 0;  // in all copied folders, after the pass
  std::uint64_t matched = 0;          // of those, with a known counterpart on the other side
  std::uint64_t missing = 0;          // of those, not there and not recorded as impossible
  std::uint64_t skipped = 0;          // recorded as impossible, each with its reason
  std::uint64_t quarantined = 0;      // removed at home, and taken away from the other side
  std::uint64_t held = 0;             // deletions that wait for a person's decision
  // Not all was copied: a side's daily quota is used up.
  std::optional<DailyQuota> waits;
};

// sync: one pass that carries everything from `from` to the other side and returns when nothing is
// left that was there when it began.
class Delta {
 public:
  virtual ~Delta() = default;
  virtual Task<Result<DeltaReport>> run_delta(AccountId account, Side from) = 0;
};

}  // namespace tandem::migration
