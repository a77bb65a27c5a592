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
// the fence is in memory only.
#pragma once

#include <functional>
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
  std::size_t at_once = 4;  // accounts of a batch that are under way
};

// Several accounts, begun in the given order; after the first that fails none is begun, and those
// under way end. The first go one by one, so that what is wrong with all of them is met by one
// person only; with every five that went well another may be under way beside them.
struct CutoverBatch {
  std::vector<AccountId> accounts;
  Step step = Step::cut_over;
  std::string who;
  std::function<bool()> stopping;  // true: none is begun any more; may be empty
  // As an account ends, in whatever order they do; `at` is its place in `accounts`. What the last
  // copying before the move found, or why the account is where it was.
  std::function<void(std::size_t at, const Result<DeltaReport>&)> ended;
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

  // Moves one account; gives what the last copying before it found. Error conflict: another
  // cut-over of it is running, or the step does not begin in its phase.
  Task<Result<DeltaReport>> run(AccountId account, Step step, std::string who);
  // True: all of them have moved.
  Task<bool> run_batch(CutoverBatch batch);
  // What stands in the way, without touching anything.
  [[nodiscard]] std::vector<CutoverWarning> simulate(const std::vector<AccountId>& accounts,
                                                     Step step) const;

 private:
  Task<Result<DeltaReport>> fence_and_drain(Account account);
  struct Round;
  Task<void> move_some(Round& round);
  Task<Result<DeltaReport>> run_claimed(Account account, Step step, std::string who);
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
