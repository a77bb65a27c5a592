// Sync: the room's door. Keeps both sides of every mirrored account alike: what is on the home side
// is copied to the mirror (messages with INTERNALDATE, flags and keywords, folders, subscriptions;
// later flag changes); what arrives on the mirror and the home side lacks is copied home. Every
// message once, also across crashes (sync/README.md). A message that a person removed on one side
// is remembered and not copied again; with `sync.propagate_deletes` what was removed at home is
// moved to the quarantine folder of the other side, if it is a copy of ours, and can be brought
// back.
//
// Threads: any io thread may call any method; the work runs on the executor given. What is
// referred to outlives the Sync. One pass per account at a time; others wait their turn.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/cutover_parts.hpp"
#include "migration/deletions.hpp"
#include "migration/folder_preview.hpp"
#include "migration/inbox_map.hpp"
#include "migration/left_out.hpp"
#include "migration/verify.hpp"
#include "migration/views.hpp"

namespace tandem::store {
class Store;
struct Schema;
}  // namespace tandem::store
namespace tandem::net {
class TaskGroup;
}
namespace tandem::migration {
class AccountLeases;
class AccountLocks;
class Registry;
class SideAccess;
}  // namespace tandem::migration

namespace tandem::sync {

using migration::AccountId;
using migration::Side;
using net::Task;

struct SyncOptions {
  std::string our_hostname;  // whose trace ids count: the gateway's `Received: … by NAME`
  // Pairs of connections that copy at a time; where fewer accounts are copied, the others serve
  // further folders of those.
  std::size_t accounts_at_once = 4;
  // Messages in the folders beside the largest for each further pair of an account.
  std::size_t lane_messages = 300;
  // Messages of a mailbox from which on an account's folders are asked for their STATUS ahead of
  // the LIST: see list_side().
  std::uint64_t large_mailbox = 20'000;
  // Accounts that are watched between passes, two connections each; others have pass_interval.
  std::size_t watched_accounts = 100;
  Duration pass_interval = std::chrono::minutes(5);   // between passes over all folders
  Duration poll_interval = std::chrono::seconds(30);  // of INBOX where IDLE is not offered
  Duration flag_interval = std::chrono::minutes(10);  // flag pass where CONDSTORE is missing
  Duration first_retry = std::chrono::seconds(5);     // after a fault; doubles
  Duration longest_retry = std::chrono::minutes(10);
  // How long a server may go on with what a broken connection left it, before we look what came.
  Duration late_append = std::chrono::milliseconds(1500);
  std::size_t batch_messages = 300;  // appended while the account is locked
  std::uint64_t batch_bytes = 12 * 1024 * 1024;
  // Which messages a verification reads whole, the same each time; nothing: others each time.
  std::optional<std::uint64_t> sample_seed;
};

// Two copies that should be and are not, or one that nobody expects.
using migration::Difference;
using migration::FolderVerdict;
using migration::VerifyReport;

class Sync final : public migration::Delta,
                   public migration::CopyView,
                   public migration::InboxMaps,
                   public migration::Verifier,
                   public migration::Deletions,
                   public migration::FolderPreviews,
                   public migration::LeftOut {
 public:
  // The tables of this room; give it to Store::open.
  [[nodiscard]] static store::Schema schema();

  Sync(store::Store& store, const migration::Registry& registry,
       const migration::SideAccess& access, migration::AccountLocks& locks,
       migration::AccountLeases& leases, const migration::EventBus& events, const Clock& clock,
       net::Executor executor, SyncOptions options);
  ~Sync() override;

  // Passes for every account that is not left alone, until the group is asked to stop. What changes
  // in the registry is noticed at once. While another process holds an account's lease it is looked
  // again now and then whether it still does.
  // The group's executor is the one given above.
  Task<void> run(net::TaskGroup& group);

  // One pass; returns when nothing is left that was there when it began. Also in phase `old` (a
  // rehearsal: `sync --once`). conflict: `from` is not the account's home, or another process works
  // on the account (as for verify and undo).
  Task<Result<migration::DeltaReport>> run_delta(AccountId account, Side from) override;

  // Not while a pass of the account runs: it waits for its end, and the next waits for it.
  Task<Result<VerifyReport>> verify(AccountId account, bool full) override;
  [[nodiscard]] Result<std::vector<migration::Verified>> verified(AccountId account) const override;

  // Of an account's home, in any phase.
  Task<Result<migration::FolderPreview>> preview_folders(AccountId account) override;

  [[nodiscard]] Result<migration::DeletionReport> deletions(AccountId account,
                                                            std::size_t limit) const override;
  Task<Result<std::uint64_t>> decide(AccountId account, std::string folder, bool allow) override;
  Task<Result<migration::UndoReport>> undo(AccountId account,
                                           std::vector<std::int64_t> ids) override;

  [[nodiscard]] migration::CopyProgress progress(AccountId account) const override;
  [[nodiscard]] std::vector<migration::FolderProgress> folders(AccountId account) const override;
  [[nodiscard]] std::vector<migration::SkippedMessage> skipped(AccountId account) const override;
  [[nodiscard]] Result<migration::MessagePlace> place_of(AccountId account,
                                                         const std::string& id) const override;
  Task<Result<std::uint64_t>> try_again(AccountId account, std::vector<std::string> ids) override;
  [[nodiscard]] Result<migration::InboxMap> inbox(AccountId account) const override;
  [[nodiscard]] bool is_copying(AccountId account) const override;
  // A pass now; also ends needs_you, and tries again what was recorded as impossible.
  void run_now(AccountId account) override;

  struct State;  // this room's own

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tandem::sync
