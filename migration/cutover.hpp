// A cut-over (or roll-back: the same with sides swapped) of an account is a transaction:
//
//   prepare  the step begins in the account's phase; a first delta runs while people still work
//   fence    new log-ins are held, RCPT for the account is deferred
//   drain    transactions past the dot finish, sessions end after their current command, the final
//            delta runs and its counts are compared
//   commit   one durable ledger record: the next epoch
//   observe  the fence is lifted; people come back on the other side
//
// Any failure before the commit lifts the fence and leaves the old epoch standing, as does a crash:
// the fence is in memory only. Batches run account by account and stop at the first failure.
#pragma once

#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"
#include "migration/cutover_parts.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"

namespace tandem::migration {

struct CutoverLimits {
  Duration hold = std::chrono::seconds(30);          // longest wait of a held log-in
  Duration transactions = std::chrono::seconds(30);  // R15
  Duration sessions = std::chrono::seconds(10);
};

struct CutoverOutcome {
  std::string address;
  bool ok = false;
  std::string problem;    // plain words; empty when ok
  std::string next_step;  // plain words
  DeltaReport delta;
};

struct CutoverWarning {
  std::string address;
  std::string text;         // plain words
  bool blocking = false;    // the real run would refuse
  std::string kind;         // "not_possible", "not_in_sync", "skipped", "pending_copies"
  std::uint64_t count = 0;  // messages it is about; 0 where that has no meaning
};

struct CutoverParts {
  SessionFence& sessions;
  TransactionFence& transactions;
  Delta& delta;
  const CopyView& copies;
};

class Cutover {
 public:
  Cutover(Registry& registry, CutoverParts parts, const EventBus& events,
          CutoverLimits limits = {});

  // Moves one account. Error conflict: another cut-over of it is running, or the step does not
  // begin in its phase.
  Task<Result<CutoverOutcome>> run(AccountId account, Step step, std::string who);
  // In the given order; stops at the first that fails. The outcomes of those that were tried.
  Task<std::vector<CutoverOutcome>> run_batch(std::vector<AccountId> accounts, Step step,
                                              std::string who);
  // What stands in the way, without touching anything.
  [[nodiscard]] std::vector<CutoverWarning> simulate(const std::vector<AccountId>& accounts,
                                                     Step step) const;

 private:
  Task<Result<DeltaReport>> fence_and_drain(Account account);
  Task<Result<CutoverOutcome>> run_claimed(Account account, Step step, std::string who);
  Task<void> lift(AccountId account);
  void tell(AccountId account, std::string step, bool ok, std::string text) const;
  bool claim(AccountId account);
  void unclaim(AccountId account);

  Registry& registry_;
  CutoverParts parts_;
  const EventBus& events_;
  CutoverLimits limits_;
  std::mutex mutex_;
  std::set<AccountId> running_;
};

}  // namespace tandem::migration
