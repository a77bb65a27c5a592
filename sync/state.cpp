#include "sync/state.hpp"

#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "lib/net/both.hpp"
#include "lib/net/task_group.hpp"
#include "sync/pass.hpp"
#include "sync/pause.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {

using migration::CopyState;
using migration::DeltaReport;

Sync::State::State(store::Store& store, const migration::Registry& known,
                   const migration::SideAccess& logins, migration::AccountLocks& account_locks,
                   const migration::EventBus& bus, const Clock& time, net::Executor on,
                   SyncOptions chosen)
    : registry(known),
      access(logins),
      events(bus),
      clock(time),
      executor(std::move(on)),
      options(std::move(chosen)),
      ledger(store),
      context{ledger, account_locks, options, clock, events, board, suspects, stopping},
      slots(options.accounts_at_once) {}

CopyState state_after(const Error& error) {
  if (asked_to_wait(error)) return CopyState::failed;
  switch (error.kind) {
    case ErrorKind::authentication:
    case ErrorKind::not_found:
    case ErrorKind::invalid: return CopyState::needs_you;
    default: return is_over_quota(error) ? CopyState::needs_you : CopyState::failed;
  }
}

bool is_elsewhere(const migration::Account& account, Side home) {
  return migration::home_of(account.phase) != home;
}

std::unexpected<Error> wrong_home(const migration::Account& account, Side home) {
  return fail(ErrorKind::conflict,
              fmt::format("{} has its home on the {} side: a pass from the {} side is refused",
                          account.address, migration::name_of(migration::home_of(account.phase)),
                          migration::name_of(home)));
}

Task<Result<void>> Sync::State::open(const migration::Account& account, Clients& clients) {
  const auto [old_side, new_side] = co_await net::both(open_side(account, Side::old_side, clients),
                                                       open_side(account, Side::new_side, clients));
  co_return old_side ? new_side : old_side;
}

Task<Result<void>> Sync::State::open_side(const migration::Account& account, Side side,
                                          Clients& clients) {
  auto& client = clients.sides[static_cast<std::size_t>(side)];
  if (client && client->is_open()) co_return Result<void>{};
  auto opened = co_await access.open_mailboxes(account, side);
  if (!opened) co_return fail(opened.error());
  client = std::move(*opened);
  if (client->has("QRESYNC")) co_return co_await client->enable_soon("QRESYNC");
  co_return Result<void>{};
}

Task<void> Sync::State::end_snapshots(migration::Account account, Clients& clients) {
  for (const Side side : {Side::old_side, Side::new_side}) {
    auto& client = clients.sides[static_cast<std::size_t>(side)];
    if (!client || !access.is_pop3_only(account, side)) continue;
    if (client->is_open()) (void)co_await client->logout();
    client.reset();
  }
}

Task<Result<DeltaReport>> Sync::State::pass(AccountId id, Clients& clients, PassSettings settings) {
  const auto guard = co_await passes.lock(id);
  const auto routes = registry.routes();
  const migration::Account* account = routes->account(id);
  if (account == nullptr) co_return fail(ErrorKind::not_found, "no such account");
  const auto* migration = registry.settings(account->migration);
  if (migration == nullptr)
    co_return fail(ErrorKind::not_found, "no settings for migration " + account->migration);
  const migration::Account copy = *account;
  if (is_elsewhere(copy, settings.home)) co_return wrong_home(copy, settings.home);
  board.set_state(id, CopyState::checking);
  migration::Event event;
  event.account = id;
  events.publish(event);
  const auto opened = co_await open(copy, clients);
  if (!opened) {
    clients.reset();
    co_return fail(opened.error());
  }
  AccountPass::Settings how;
  how.home = settings.home;
  how.all_flags = settings.all_flags;
  how.retry_skipped = settings.retry_skipped;
  how.home_takes_mail = !access.is_pop3_only(copy, settings.home);
  how.mirror_takes_mail = !access.is_pop3_only(copy, migration::other(settings.home));
  AccountPass work(context, id, migration->sync, clients.at(settings.home),
                   clients.at(migration::other(settings.home)), how);
  auto done = co_await work.run();
  // Commands may be under way on either connection; new ones begin clean.
  if (!done) clients.reset();
  co_await end_snapshots(copy, clients);
  co_return done;
}

namespace {

// Said where people look, once, and not as so many messages that could not be copied.
void tell_one_way(Side mirror, AccountRow& row) {
  row.problem = fmt::format(
      "The {} side is read by POP3 alone: what still arrives there is brought to the person's "
      "side, "
      "and nothing is copied back",
      migration::name_of(mirror));
  row.next_step = "Nothing to do. After a roll-back, what arrived meanwhile is on this side only.";
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
    const bool complete = ended->matched + ended->skipped >= ended->source_messages;
    row.state = !complete            ? CopyState::copying
                : ended->skipped > 0 ? CopyState::in_sync_notes
                                     : CopyState::in_sync;
    if (complete) row.in_sync_at = clock.wall();
    if (const auto mirror = one_way_mirror(account); mirror && complete) tell_one_way(*mirror, row);
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
  board.put(account, std::move(shown));
  const auto saved = co_await ledger.save_account(account, std::move(row));
  if (!saved) log::error("E-SYNC-7", "account {}: {}", account, saved.error().to_string());
  migration::Event event;
  event.account = account;
  event.ok = ended.has_value();
  events.publish(event);
}

namespace {

bool is_broken(const Error& error) {
  return error.kind == ErrorKind::closed || error.kind == ErrorKind::timed_out;
}

// A POP3 mailbox that somebody had open a moment ago.
bool is_busy(const Error& error) {
  return error.kind == ErrorKind::refused && error.temporary &&
         migration::is_taken(error.server_words);
}

}  // namespace

// A lost connection is tried again at once: a cut-over waits for this.
Task<Result<DeltaReport>> Sync::State::delta(AccountId account, Side from) {
  constexpr int attempts = 3;
  const auto routes = registry.routes();
  const migration::Account* known = routes->account(account);
  if (known != nullptr && is_elsewhere(*known, from)) co_return wrong_home(*known, from);
  Result<DeltaReport> done;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    Clients clients;
    PassSettings settings;
    settings.home = from;
    settings.retry_skipped = take_request(account);
    done = co_await pass(account, clients, settings);
    if (done) {
      co_await conclude(account, done);
      co_return done;
    }
    if (asked_to_wait(done.error())) break;
    if (is_busy(done.error()) && attempt + 1 < attempts) {
      const bool slept = co_await net::sleep_for(options.first_retry);
      if (!slept) break;
    } else if (!is_broken(done.error())) {
      break;
    }
  }
  co_await conclude(account, done);
  co_return done;
}

bool Sync::State::take_request(AccountId account) {
  const std::lock_guard lock(mutex);
  return asked.erase(account) > 0;
}

}  // namespace tandem::sync
