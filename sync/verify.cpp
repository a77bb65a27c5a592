// verify: all folders of an account, read again on both sides and compared. Changes nothing.
#include <algorithm>
#include <fmt/core.h>
#include <random>
#include <utility>

#include "config/migration_settings.hpp"
#include "sync/copy.hpp"
#include "sync/list_side.hpp"
#include "sync/pause.hpp"
#include "sync/state.hpp"
#include "sync/verify_folder.hpp"

namespace tandem::sync {
namespace {

// So many folders may cost the connection; then something else is wrong.
constexpr unsigned most_endings = 5;

// The connection is gone, and perhaps for this folder's sake: some servers say goodbye to whoever
// opens one that is locked or broken.
bool has_ended(const Error& error) {
  const bool ended = error.kind == ErrorKind::closed || error.kind == ErrorKind::protocol;
  return ended && !asked_to_wait(error);
}

FolderVerdict not_compared(const std::string& name, const Error& error) {
  FolderVerdict verdict;
  verdict.name = name;
  verdict.not_compared = fmt::format("it cannot be read on the {} side: {}",
                                     error.origin == Origin::old_side ? "old" : "new",
                                     error.server_words.empty() ? error.what : error.server_words);
  verdict.next_step =
      "Give this log-in access to the folder on that side and verify again, or leave it out: "
      "[sync] exclude.";
  if (is_fatal(error))
    verdict.next_step = "Have that side's administrator look at this folder, then verify again.";
  return verdict;
}

}  // namespace

Task<Result<VerifyReport>> Sync::State::verify(AccountId id, bool full) {
  // What another process is just adding would be told, and kept, as a difference.
  const auto lease = leases.take(id);
  if (!lease) co_return fail(lease.error());
  Clients clients;
  const auto entered = co_await enter(id, PlaceFor::person, clients);
  if (!entered) co_return fail(entered.error());
  const auto guard = co_await passes.lock(id);
  const auto found = known(id);
  if (!found) co_return fail(found.error());
  const auto& [account, migration] = *found;
  const auto opened = co_await open(account, clients);
  if (!opened) co_return fail(opened.error());
  // It asks no daily quota, and counts: copies wait the longer for it.
  Budget budget(context, id, migration);
  auto counted = budget.open();
  if (!counted) co_return fail(counted.error());
  auto report = co_await compare(account, migration, clients, budget, full);
  counted = co_await budget.close(clients.wire_bytes());
  if (report && !counted) report = fail(counted.error());
  if (report) co_await end_snapshots(account, clients);
  if (report) {
    const auto noted = co_await note_verified(id, *report, full);
    if (!noted) report = fail(noted.error());
  }
  co_return report;
}

Task<Result<void>> Sync::State::note_verified(AccountId id, VerifyReport report, bool full) {
  const auto before = ledger.verified(id);
  if (!before) co_return fail(before.error());
  const migration::Verified* last = before->empty() ? nullptr : &before->front();
  auto result = migration::result_of(report, full, clock.wall(), last);
  co_return co_await ledger.add_verified(id, result);
}

Result<std::vector<migration::Verified>> Sync::verified(AccountId account) const {
  return state_->ledger.verified(account);
}

Task<Result<void>> Sync::State::open_again(migration::Account account, Clients& clients,
                                           Budget& budget) {
  const auto counted = co_await budget.close(clients.wire_bytes());
  if (!counted) co_return counted;
  clients.sides = {};
  co_return co_await open(account, clients);
}

Task<Result<VerifyReport>> Sync::State::compare(migration::Account account,
                                                const config::MigrationSettings& migration,
                                                Clients& clients, Budget& budget, bool full) {
  const Side home = migration::home_of(account.phase);
  const Side mirror = migration::other(home);
  auto home_side = co_await list_side(clients.at(home), false);
  if (!home_side) co_return fail(home_side.error());
  auto mirror_side = co_await list_side(clients.at(mirror), false);
  if (!mirror_side) co_return fail(mirror_side.error());
  const auto rows = ledger.folders(account.id);
  if (!rows) co_return fail(rows.error());
  std::vector<KnownPair> known;
  for (const FolderRow& row : *rows) known.push_back({row.at(home).name, row.at(mirror).name});
  VerifyReport report;
  report.home = home;
  const auto pairs = pair_folders(*home_side, *mirror_side, known, migration.sync, home);
  const bool takes_mail = !access.is_pop3_only(account, mirror);
  SampleBudget sample(pairs.size());
  std::mt19937_64 draw(options.sample_seed ? *options.sample_seed : std::random_device()());
  FolderVerify::How how;
  how.full = full;
  how.our_name = options.our_hostname;
  unsigned endings = 0;
  bool once_more = false;  // the same folder, whose connection has ended
  for (std::size_t at = 0; at < pairs.size(); at += once_more ? 0 : 1) {
    const FolderPair& pair = pairs[at];
    if (pair.mirror == nullptr && !takes_mail) continue;
    const auto row = std::ranges::find_if(
        *rows, [&](const FolderRow& one) { return one.at(home).name == pair.home->name; });
    const FolderRow* known_row = row == rows->end() ? nullptr : &*row;
    const FolderVerify::Sides sides = {clients.at(home), clients.at(mirror), home, takes_mail};
    const FolderVerify folder(sides, how, sample, draw);
    const std::size_t named = report.differences.size();
    const std::size_t rewritten = report.rewritten.size();
    const auto done = co_await folder.run(pair, ledger, known_row, report);
    const bool second = std::exchange(once_more, false);
    if (done) continue;
    const bool ended = has_ended(done.error()) && ++endings <= most_endings;
    if (is_fatal(done.error()) && !ended) co_return fail(done.error());
    report.differences.resize(named);
    report.rewritten.resize(rewritten);
    once_more = ended && !second;
    // As in a pass, one folder that may not be opened does not stop the others.
    if (!once_more) report.folders.push_back(not_compared(pair.home->name, done.error()));
    if (!ended) continue;
    const auto opened = co_await open_again(account, clients, budget);
    if (!opened) co_return fail(opened.error());
  }
  report.clean = std::ranges::all_of(report.folders, [](const FolderVerdict& folder) {
    return folder.missing == 0 && folder.extra == 0 && folder.changed == 0 &&
           folder.not_compared.empty();
  });
  co_return report;
}

}  // namespace tandem::sync
