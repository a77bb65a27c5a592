// Sync::State: how a pass ended, in words for people.
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <map>

#include "lib/base/log.hpp"
#include "migration/refusal_steps.hpp"
#include "sync/pause.hpp"
#include "sync/state.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {

using migration::CopyState;
using migration::DeltaReport;

namespace {

std::optional<Side> side_of(Origin origin) {
  if (origin == Origin::old_side) return Side::old_side;
  if (origin == Origin::new_side) return Side::new_side;
  return std::nullopt;
}

// Said where people look, once, and not as so many messages that could not be copied.
void tell_one_way(Side mirror, AccountRow& row) {
  row.problem = fmt::format(
      "The {} side is read by POP3 alone: what still arrives there is brought to the person's "
      "side, "
      "and nothing is copied back",
      migration::name_of(mirror));
  row.next_step = "Nothing to do. After a roll-back, what arrived meanwhile is on this side only.";
}

// Not a fault: nobody has to do anything. The next step is shown on the page as it stands.
void tell_wait(const migration::DailyQuota& quota, AccountRow& row) {
  row.problem = fmt::format(
      "The daily limit of the {} side is reached: no more than {} MB may be {} in 24 hours",
      migration::name_of(quota.side), quota.per_day / 1'000'000,
      quota.upload ? "put there" : "read from there");
  row.next_step =
      fmt::format("Nothing to do. It goes on by itself (自動で再開します): {:%Y-%m-%d %H:%M} UTC.",
                  std::chrono::ceil<std::chrono::minutes>(quota.goes_on_at.value_or(WallTime())));
}

void tell_held(const Ledger& ledger, AccountId account, AccountRow& row) {
  std::map<std::string, std::uint64_t> folders;
  const auto held = ledger.deletions(account, {DeletionState::held});
  if (!held) return;
  for (const Deletion& one : *held) ++folders[one.folder_name];
  std::string where;
  for (const auto& [name, count] : folders)
    where += fmt::format("{}{} of '{}'", where.empty() ? "" : ", ", count, name);
  row.state = CopyState::needs_you;
  row.problem =
      fmt::format("{} deletions are held: {}. Nothing of it is removed on the other side yet",
                  held->size(), where);
  row.next_step =
      "Ask the person whether this was meant; then allow or refuse it, here or with 'tandemail "
      "deletions'.";
}

}  // namespace

// The account's mirror, where nothing can be put there.
std::optional<Side> Sync::State::one_way_mirror(AccountId id) const {
  const auto routes = registry.routes();
  const migration::Account* account = routes->account(id);
  if (account == nullptr) return std::nullopt;
  const auto mirror = migration::mirror_of(account->phase);
  return mirror && access.is_pop3_only(*account, *mirror) ? mirror : std::nullopt;
}

Task<void> Sync::State::conclude(AccountId account, Result<DeltaReport> ended) {
  // While everything stops, connections break: that says nothing about the account.
  if (!ended && (stopping || ended.error().kind == ErrorKind::cancelled)) co_return;
  AccountRow row = ledger.account(account).value_or(AccountRow());
  row.problem = row.server_words = row.next_step = "";
  if (ended) {
    const bool complete = !ended->waits && ended->missing == 0;
    row.state = !complete            ? CopyState::copying
                : ended->skipped > 0 ? CopyState::in_sync_notes
                                     : CopyState::in_sync;
    if (complete) row.in_sync_at = clock.wall();
    if (const auto mirror = one_way_mirror(account); mirror && complete) tell_one_way(*mirror, row);
    if (ended->waits) tell_wait(*ended->waits, row);
    if (ended->held > 0) tell_held(ledger, account, row);
  } else {
    const Error& error = ended.error();
    row.state = state_after(error);
    row.problem = error.what;
    row.server_words = error.server_words;
    row.next_step = error.next_step;
    if (const auto pause = asked_to_wait(error))
      row.next_step =
          fmt::format("The server asks for a pause; it is tried again by itself in {} s.",
                      std::chrono::ceil<std::chrono::seconds>(*pause).count());
    if (const auto* step = migration::step_by_words(error)) row.next_step = step->en;
    if (row.next_step.empty())
      row.next_step = is_over_quota(error)
                          ? "Give the mailbox more room; copying goes on by itself."
                          : "It is tried again by itself.";
    log::warning("W-SYNC-6", "account {}: {}", account, error.to_string());
  }
  Board::Shown shown = board.find(account).value_or(Board::Shown());
  shown.progress.account = account;
  shown.progress.state = row.state;
  shown.progress.in_sync_at = row.in_sync_at;
  shown.progress.problem = row.problem;
  shown.progress.server_words = row.server_words;
  shown.progress.next_step = row.next_step;
  shown.progress.pause.reset();
  if (!ended)
    if (const auto pause = asked_to_wait(ended.error()))
      shown.progress.pause = {side_of(ended.error().origin), clock.wall() + *pause};
  board.put(account, std::move(shown));
  const auto saved = co_await ledger.save_account(account, std::move(row));
  if (!saved) log::error("E-SYNC-7", "account {}: {}", account, saved.error().to_string());
  migration::Event event;
  event.account = account;
  event.ok = ended.has_value();
  events.publish(event);
}

}  // namespace tandem::sync
