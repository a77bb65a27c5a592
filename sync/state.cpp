#include "sync/state.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "lib/net/both.hpp"
#include "lib/net/task_group.hpp"
#include "sync/lanes.hpp"
#include "sync/pass.hpp"
#include "sync/pause.hpp"
#include "sync/quiet.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {

using migration::CopyState;
using migration::DeltaReport;

Sync::State::State(store::Store& store, const migration::Registry& known,
                   const migration::SideAccess& logins, migration::AccountLocks& account_locks,
                   migration::AccountLeases& account_leases, const migration::EventBus& bus,
                   const Clock& time, net::Executor on, SyncOptions chosen)
    : registry(known),
      access(logins),
      leases(account_leases),
      events(bus),
      clock(time),
      executor(std::move(on)),
      options(std::move(chosen)),
      ledger(store),
      context{ledger, account_locks, options, clock,      events,
              board,  suspects,      waits,   kept_flags, stopping},
      slots(options.accounts_at_once),
      tick(executor) {}

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

std::array<WireBytes, 2> Clients::wire_bytes() const {
  std::array<WireBytes, 2> all;
  for (std::size_t side = 0; side < all.size(); ++side)
    if (sides[side]) all[side] = {sides[side]->bytes_received(), sides[side]->bytes_sent()};
  return all;
}

Result<Sync::State::Known> Sync::State::known(AccountId id) const {
  const auto routes = registry.routes();
  const migration::Account* account = routes->account(id);
  if (account == nullptr) return fail(ErrorKind::not_found, "no such account");
  const auto* migration = registry.settings(account->migration);
  if (migration == nullptr)
    return fail(ErrorKind::not_found, "no settings for migration " + account->migration);
  return Known{*account, *migration};
}

Task<Result<void>> Sync::State::enter(AccountId id, PlaceFor who, Clients& clients) {
  const auto found = known(id);
  if (!found) co_return fail(found.error());
  const bool taken = co_await places.take(found->migration, who, weight(id), clients.places);
  if (!taken) co_return fail(ErrorKind::cancelled, "cancelled");
  co_return Result<void>{};
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

Task<Result<void>> Sync::State::settle(Clients& clients) {
  const auto [old_side, new_side] =
      co_await net::both(wait_until_quiet(clients.at(Side::old_side), options.late_append),
                         wait_until_quiet(clients.at(Side::new_side), options.late_append));
  co_return old_side ? new_side : old_side;
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
  const auto found = known(id);
  if (!found) co_return fail(found.error());
  const auto& [account, migration] = *found;
  if (is_elsewhere(account, settings.home)) co_return wrong_home(account, settings.home);
  Context here = context.until(settings.halted == nullptr ? stopping : *settings.halted);
  if (here.stopping) co_return stopped();
  board.set_state(id, CopyState::checking);
  migration::Event event;
  event.account = id;
  events.publish(event);
  auto opened = co_await open(account, clients);
  if (opened && settings.settle) opened = co_await settle(clients);
  if (!opened) {
    clients.reset();
    co_return fail(opened.error());
  }
  AccountPass::Settings how;
  how.home = settings.home;
  how.all_flags = settings.all_flags;
  how.retry_skipped = settings.retry_skipped;
  how.home_takes_mail = !access.is_pop3_only(account, settings.home);
  how.mirror_takes_mail = !access.is_pop3_only(account, migration::other(settings.home));
  how.let_rest = settings.let_rest;
  const auto row = ledger.account(id);
  how.all_sizes = row && !row->in_sync_at;
  Budget budget(here, id, migration);
  if (const auto read = budget.open(); !read) co_return fail(read.error());
  const auto before = clients.wire_bytes();
  Lanes lanes(*this, account, migration);
  AccountPass work(here, id, migration.sync, budget, lanes, clients.at(settings.home),
                   clients.at(migration::other(settings.home)), how);
  Result<DeltaReport> done;
  if (settings.measure)
    done = co_await work.measure();
  else
    done = co_await work.run();
  auto moved = clients.wire_bytes();
  for (const std::size_t side : {0U, 1U}) {
    moved[side].received -= before[side].received;
    moved[side].sent -= before[side].sent;
  }
  const auto counted = co_await budget.close(moved);
  if (done && !counted) done = fail(counted.error());
  // Commands may be under way on either connection; new ones begin clean.
  if (!done) clients.reset();
  co_await end_snapshots(account, clients);
  co_return done;
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
  auto lease = leases.take(account);
  if (!lease) co_return fail(lease.error());
  // A cut-over waits for no copy; but what it does, others need not do beside it.
  const auto slot = slots.try_acquire();
  Result<DeltaReport> done;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    Clients clients;
    const auto entered = co_await enter(account, PlaceFor::person, clients);
    if (!entered) co_return fail(entered.error());
    PassSettings settings;
    settings.home = from;
    settings.retry_skipped = take_request(account);
    settings.settle = lease->before() == migration::LeaseBefore::other_command_broke_off;
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
  lease->let_go(false);
  co_await conclude(account, done);
  co_return done;
}

std::vector<migration::DailyQuota> Sync::State::quotas(AccountId id) {
  const auto found = known(id);
  if (!found) return {};
  Budget budget(context, id, found->migration);
  if (!budget.open()) return {};
  return budget.shown();
}

bool Sync::State::is_limited(AccountId id) const {
  const auto found = known(id);
  return found && has_daily_quota(found->migration);
}

std::uint64_t Sync::State::weight(AccountId id) const {
  const auto shown = is_limited(id) ? board.find(id) : std::nullopt;
  if (!shown) return 0;
  return shown->progress.bytes_total -
         std::min(shown->progress.bytes_done, shown->progress.bytes_total);
}

bool Sync::State::take_request(AccountId account) {
  const std::lock_guard lock(mutex);
  return asked.erase(account) > 0;
}

}  // namespace tandem::sync
