// The inside of the door: what is shared by workers, passes and views.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "lib/net/keyed_lock.hpp"
#include "lib/net/sync.hpp"
#include "migration/account_leases.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "sync/clients.hpp"
#include "sync/context.hpp"
#include "sync/places.hpp"

namespace tandem::sync {

class Worker;

struct PassSettings {
  Side home = Side::old_side;
  bool all_flags = true;
  bool retry_skipped = false;
  bool let_rest = false;  // see AccountPass::Settings
  bool measure = false;   // only looks how much there is
  bool settle = false;    // another command broke off: the servers may still be busy with it
  // Ends between two batches when it comes true (the executor's thread); null: with the program.
  const bool* halted = nullptr;
};

struct Sync::State {
  State(store::Store& store, const migration::Registry& known, const migration::SideAccess& logins,
        migration::AccountLocks& account_locks, migration::AccountLeases& account_leases,
        const migration::EventBus& bus, const Clock& time, net::Executor on, SyncOptions chosen);

  const migration::Registry& registry;
  const migration::SideAccess& access;
  migration::AccountLeases& leases;  // held while mailboxes are worked on
  const migration::EventBus& events;
  const Clock& clock;
  net::Executor executor;
  SyncOptions options;
  Ledger ledger;
  Board board;
  Suspects suspects;
  Waits waits;
  KeptFlags kept_flags;
  bool stopping = false;  // the executor's thread only
  Context context;
  net::KeyedLock passes;  // one per account
  net::Semaphore slots;   // pairs of connections that copy
  Places places;          // waited for before a slot and before the account's lock
  std::size_t watching = 0;
  net::RemoteNotifier tick;  // an account has changed, or a worker has ended

  std::mutex mutex;
  std::map<AccountId, std::shared_ptr<Worker>> workers;
  std::set<AccountId> asked;  // run_now: try again what was left out

  // An account as it is now, and its migration's settings. Error not_found: either is missing.
  struct Known {
    migration::Account account;
    const config::MigrationSettings& migration;
  };
  [[nodiscard]] Result<Known> known(AccountId account) const;
  // One pass over connections that are opened if they are not usable; after an error of a
  // connection they are gone. Refused (conflict) if the account's home is not `home` by now: from
  // the wrong side, what is on the mirror at the first contact would never be brought home. The
  // caller holds the account's lease. The executor's thread only.
  Task<Result<migration::DeltaReport>> pass(AccountId account, Clients& clients,
                                            PassSettings settings);
  // Waits until hosts that count our connections have one for this account.
  Task<Result<void>> enter(AccountId account, PlaceFor who, Clients& clients);
  Task<Result<void>> open(const migration::Account& account, Clients& clients);
  Task<Result<void>> settle(Clients& clients);
  Task<Result<void>> open_side(const migration::Account& account, Side side, Clients& clients);
  // Ends sessions that show only what was there when they began, and may shut people out (POP3).
  Task<void> end_snapshots(migration::Account account, Clients& clients);
  [[nodiscard]] std::optional<Side> one_way_mirror(AccountId account) const;
  // Writes and shows how a pass ended.
  Task<void> conclude(AccountId account, Result<migration::DeltaReport> ended);
  Task<Result<migration::DeltaReport>> delta(AccountId account, Side from);
  Task<Result<VerifyReport>> verify(AccountId account, bool full);
  Task<Result<migration::FolderPreview>> preview_folders(AccountId account);
  // Both sides read again.
  Task<Result<VerifyReport>> compare(migration::Account account,
                                     const config::MigrationSettings& migration, Clients& clients,
                                     Budget& budget, bool full);
  // Writes down how it ended.
  Task<Result<void>> note_verified(AccountId account, VerifyReport report, bool full);
  // New connections; what the others have moved is counted.
  Task<Result<void>> open_again(migration::Account account, Clients& clients, Budget& budget);
  Task<Result<std::uint64_t>> decide(AccountId account, std::string folder, bool allow);
  Task<Result<std::uint64_t>> try_again(AccountId account, std::vector<std::string> ids);
  Task<Result<migration::UndoReport>> undo(AccountId account, std::vector<std::int64_t> ids);
  // Of one side, by their ids in the ledger.
  Task<Result<void>> undo_on(migration::Account account, Side side, std::set<std::int64_t> meant);
  // The account's sides have daily quotas.
  [[nodiscard]] bool is_limited(AccountId account) const;
  [[nodiscard]] std::vector<migration::DailyQuota> quotas(AccountId account);
  // How urgent a background pass is: under a daily quota the largest mailboxes begin first, since
  // they need the most days.
  [[nodiscard]] std::uint64_t weight(AccountId account) const;
  [[nodiscard]] bool take_request(AccountId account);
  // A pass soon.
  void ring(AccountId account);
};

[[nodiscard]] bool is_elsewhere(const migration::Account& account, Side home);
// The refusal of a pass that takes `home` for an account's home. It names both.
[[nodiscard]] std::unexpected<Error> wrong_home(const migration::Account& account, Side home);

// What a fault means for people.
[[nodiscard]] migration::CopyState state_after(const Error& error);

}  // namespace tandem::sync
