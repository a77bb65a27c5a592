// verify: all folders of an account, read again on both sides and compared. Changes nothing.
#include <algorithm>

#include "config/migration_settings.hpp"
#include "sync/list_side.hpp"
#include "sync/state.hpp"
#include "sync/verify_folder.hpp"

namespace tandem::sync {

Task<Result<VerifyReport>> Sync::State::verify(AccountId id, bool full) {
  Clients clients;
  const auto entered = co_await enter(id, PlaceFor::person, clients);
  if (!entered) co_return fail(entered.error());
  const auto guard = co_await passes.lock(id);
  const auto found = known(id);
  if (!found) co_return fail(found.error());
  const auto& [account, migration] = *found;
  const auto opened = co_await open(account, clients);
  if (!opened) co_return fail(opened.error());
  auto report = co_await compare(account, migration, clients, full);
  // It asks no daily quota, and counts: copies wait the longer for it.
  Budget budget(context, id, migration);
  auto counted = budget.open();
  if (counted) counted = co_await budget.close(clients.wire_bytes());
  if (report && !counted) report = fail(counted.error());
  if (report) co_await end_snapshots(account, clients);
  co_return report;
}

Task<Result<VerifyReport>> Sync::State::compare(migration::Account account,
                                                const config::MigrationSettings& migration,
                                                Clients& clients, bool full) {
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
  const FolderVerify folder({clients.at(home), clients.at(mirror), home, takes_mail}, full,
                            options.our_hostname);
  for (const FolderPair& pair : pairs) {
    if (pair.mirror == nullptr && !takes_mail) continue;
    const auto row = std::ranges::find_if(
        *rows, [&](const FolderRow& one) { return one.at(home).name == pair.home->name; });
    const FolderRow* known_row = row == rows->end() ? nullptr : &*row;
    const auto done = co_await folder.run(pair, ledger, known_row, report);
    if (!done) co_return fail(done.error());
  }
  report.clean = std::ranges::all_of(report.folders, [](const FolderVerdict& folder) {
    return folder.missing == 0 && folder.extra == 0;
  });
  co_return report;
}

}  // namespace tandem::sync
