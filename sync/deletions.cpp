// Sync as Deletions: what people see of deletions that are carried over, and what they decide.
#include <algorithm>
#include <set>

#include "config/migration_settings.hpp"
#include "lib/net/runtime.hpp"
#include "sync/list_side.hpp"
#include "sync/quarantine.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

using migration::DeletedMessage;
using migration::DeletionReport;
using migration::HeldDeletions;
using migration::UndoReport;

namespace {

std::string_view state_for_people(DeletionState state) {
  switch (state) {
    case DeletionState::wanted:
    case DeletionState::held:
    case DeletionState::moving: return "waiting";
    case DeletionState::quarantined:
    case DeletionState::restoring:
    case DeletionState::expunging: return "quarantined";
    case DeletionState::restored: return "restored";
    case DeletionState::expunged: return "expunged";
    case DeletionState::refused: return "refused";
    case DeletionState::left_alone: return "left_alone";
  }
  return "";
}

std::vector<HeldDeletions> held_of(const std::vector<Deletion>& held) {
  std::vector<HeldDeletions> folders;
  for (const Deletion& one : held) {
    auto found = std::ranges::find_if(folders, [&](const HeldDeletions& folder) {
      return folder.folder == one.folder_name && folder.side == one.side;
    });
    if (found == folders.end()) {
      folders.push_back(
          {.folder = one.folder_name, .side = one.side, .messages = 0, .since = one.noted_at});
      found = folders.end() - 1;
    }
    ++found->messages;
    found->since = std::min(found->since, one.noted_at);
  }
  return folders;
}

DeletedMessage describe(const Deletion& one, Duration quarantine_time) {
  DeletedMessage message;
  message.id = one.id;
  message.folder = one.folder_name;
  message.side = one.side;
  message.subject = one.subject;
  message.state = state_for_people(one.state);
  message.at = one.at;
  if (one.state == DeletionState::quarantined && quarantine_time > Duration::zero())
    message.expunge_at = one.at + quarantine_time;
  message.why = one.why;
  return message;
}

}  // namespace

Result<DeletionReport> Sync::deletions(AccountId id, std::size_t limit) const {
  DeletionReport report;
  Duration quarantine_time{0};
  const auto routes = state_->registry.routes();
  const migration::Account* account = routes->account(id);
  if (account == nullptr) return fail(ErrorKind::not_found, "no such account");
  if (const auto* migration = state_->registry.settings(account->migration)) {
    report.propagated = migration->sync.propagate_deletes;
    quarantine_time = migration->sync.quarantine_time;
  }
  const Ledger& ledger = state_->ledger;
  const auto held = ledger.deletions(id, {DeletionState::held});
  const auto others = ledger.deletions(id, limit);
  const auto count = ledger.count_deletions(id, DeletionState::quarantined);
  if (!held) return fail(held.error());
  if (!others) return fail(others.error());
  if (!count) return fail(count.error());
  report.held = held_of(*held);
  for (const Deletion& one : *others) report.messages.push_back(describe(one, quarantine_time));
  report.quarantined = *count;
  return report;
}

Task<Result<std::uint64_t>> Sync::decide(AccountId account, std::string folder, bool allow) {
  std::function<Task<Result<std::uint64_t>>()> work =
      std::bind_front(&State::decide, state_.get(), account, std::move(folder), allow);
  co_return co_await net::run_on<Result<std::uint64_t>>(state_->executor, std::move(work));
}

Task<Result<UndoReport>> Sync::undo(AccountId account, std::vector<std::int64_t> ids) {
  std::function<Task<Result<UndoReport>>()> work =
      std::bind_front(&State::undo, state_.get(), account, std::move(ids));
  co_return co_await net::run_on<Result<UndoReport>>(state_->executor, std::move(work));
}

Task<Result<std::uint64_t>> Sync::State::decide(AccountId id, std::string folder, bool allow) {
  const auto guard = co_await passes.lock(id);
  const DeletionState decided = allow ? DeletionState::wanted : DeletionState::refused;
  const WallTime now = clock.wall();
  const auto count = co_await ledger.decide_held(id, std::move(folder), decided, now);
  if (!count) co_return fail(count.error());
  if (*count == 0) co_return fail(ErrorKind::not_found, "No deletion is held there.");
  ring(id);
  co_return *count;
}

Task<Result<UndoReport>> Sync::State::undo(AccountId id, std::vector<std::int64_t> ids) {
  const auto lease = leases.take(id);
  if (!lease) co_return fail(lease.error());
  Clients clients;  // its places only
  const auto entered = co_await enter(id, PlaceFor::person, clients);
  if (!entered) co_return fail(entered.error());
  const auto guard = co_await passes.lock(id);
  const auto routes = registry.routes();
  const migration::Account* found = routes->account(id);
  if (found == nullptr) co_return fail(ErrorKind::not_found, "no such account");
  const migration::Account account = *found;
  // One under way counts too: what broke off is finished first, one way or the other.
  const auto inside = ledger.deletions(id, {DeletionState::quarantined, DeletionState::restoring});
  if (!inside) co_return fail(inside.error());
  std::set<std::int64_t> meant;
  for (const Deletion& one : *inside)
    if (ids.empty() || std::ranges::find(ids, one.id) != ids.end()) meant.insert(one.id);
  if (meant.empty()) co_return fail(ErrorKind::not_found, "No such message is in quarantine.");
  for (const Side side : {Side::old_side, Side::new_side}) {
    const bool any = std::ranges::any_of(
        *inside, [&](const Deletion& one) { return one.side == side && meant.contains(one.id); });
    if (!any) continue;
    const auto done = co_await undo_on(account, side, meant);
    if (!done) co_return fail(done.error());
  }
  const auto restored = ledger.deletions(id, {DeletionState::restored});
  if (!restored) co_return fail(restored.error());
  UndoReport report;
  for (const Deletion& one : *restored) report.restored += meant.contains(one.id) ? 1 : 0;
  report.not_found = meant.size() - report.restored;
  ring(id);
  co_return report;
}

Task<Result<void>> Sync::State::undo_on(migration::Account account, Side side,
                                        std::set<std::int64_t> meant) {
  auto client = co_await access.open_imap(account, side);
  if (!client) co_return fail(client.error());
  const auto folders = co_await list_side(**client, false);
  if (!folders) co_return fail(folders.error());
  Quarantine quarantine(context, account.id, **client, side, folders->naming);
  const auto recovered = co_await quarantine.recover();
  if (!recovered) co_return recovered;
  auto inside = ledger.deletions(account.id, {DeletionState::quarantined});
  if (!inside) co_return fail(inside.error());
  std::erase_if(*inside,
                [&](const Deletion& one) { return one.side != side || !meant.contains(one.id); });
  const auto given = co_await quarantine.give_back(std::move(*inside));
  if (!given) co_return fail(given.error());
  co_return Result<void>{};
}

}  // namespace tandem::sync
