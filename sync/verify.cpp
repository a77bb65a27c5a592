// verify: both sides read again, compared by multisets of digests. Changes nothing.
#include <algorithm>
#include <fmt/core.h>
#include <set>

#include "config/migration_settings.hpp"
#include "sync/closer.hpp"
#include "sync/list_side.hpp"
#include "sync/match.hpp"
#include "sync/scan.hpp"
#include "sync/state.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_differences = 10'000;

struct Sides {
  net::ImapClient& home;
  net::ImapClient& mirror;
  Side home_side;
  bool mirror_takes_mail;  // else nothing is copied to it, and nothing missing there
};

// What the ledger excuses: messages known to be impossible, or removed by a person.
struct Excused {
  std::set<Uid> home, mirror;
};

Result<Excused> excused_in(const Ledger& ledger, const FolderRow* row, Side home) {
  Excused excused;
  if (row == nullptr) return excused;
  const auto skipped = ledger.skipped(row->id);
  if (!skipped) return fail(skipped.error());
  for (const Skipped& one : *skipped)
    (one.side == home ? excused.home : excused.mirror).insert(one.uid);
  const auto rows = ledger.rows(row->id, home, {});
  if (!rows) return fail(rows.error());
  for (const Row& message : *rows) {
    if (message.mirror_gone) excused.home.insert(message.home);
    if (message.home_gone || message.home == 0) excused.mirror.insert(message.mirror);
  }
  return excused;
}

Task<Result<std::vector<Item>>> read_side(net::ImapClient& client, std::string name, bool full,
                                          std::string our_name) {
  const auto opened = co_await client.examine(name);
  if (!opened) co_return fail(opened.error());
  auto items = co_await scan_from(client, 1);
  if (!items) co_return fail(items.error());
  mail::DigestOptions digest;
  digest.our_names = {our_name};
  auto looked = Result<void>{};
  if (full)
    looked = co_await look_at_whole(client, *items, digest);
  else
    looked = co_await look_at(client, *items, digest);
  if (!looked) co_return fail(looked.error());
  // The digest alone decides here: a copy with our trace id but other content is a difference.
  for (Item& item : *items) item.look = Look{item.look->identity, item.look->likeness, {}};
  co_return items;
}

// Names the messages of `items` that are in no pair and not excused.
Task<Result<std::uint64_t>> name_left_over(net::ImapClient& client, const FolderPair& pair,
                                           const std::vector<Item>& items,
                                           const std::set<std::size_t>& paired,
                                           const std::set<Uid>& excused, Side lacking, bool extra,
                                           VerifyReport& report) {
  std::uint64_t count = 0;
  for (std::size_t at = 0; at < items.size(); ++at) {
    if (paired.contains(at) || excused.contains(items[at].uid)) continue;
    ++count;
    if (report.differences.size() >= most_differences) continue;
    Difference difference;
    difference.folder = pair.home->name;
    difference.lacking = lacking;
    difference.uid = items[at].uid;
    difference.date = items[at].date.unix_seconds;
    const auto subject = co_await subject_of(client, items[at].uid);
    if (!subject) co_return fail(subject.error());
    difference.subject = *subject;
    difference.reason =
        extra ? "on the mirror, not on the home side" : "on the home side, not on the mirror";
    difference.next_step = "Run a pass and verify again.";
    report.differences.push_back(std::move(difference));
  }
  co_return count;
}

Task<Result<void>> verify_folder(Sides sides, const FolderPair& pair, Excused excused, bool full,
                                 std::string our_name, VerifyReport& report) {
  auto home = co_await read_side(sides.home, pair.home->name, full, our_name);
  if (!home) co_return fail(home.error());
  std::vector<Item> mirror;
  if (pair.mirror != nullptr) {
    auto read = co_await read_side(sides.mirror, pair.mirror_name, full, our_name);
    if (!read) co_return fail(read.error());
    mirror = std::move(*read);
  }
  std::set<std::size_t> left;
  std::set<std::size_t> right;
  const auto take = [&left, &right](const std::vector<Match>& found) {
    for (const Match& one : found) {
      left.insert(one.left);
      right.insert(one.right);
    }
  };
  take(match(candidates(*home), candidates(mirror)));
  if (!full) {
    mail::DigestOptions digest;
    digest.our_names = {our_name};
    Alone ours = alone(*home, left);
    Alone theirs = alone(mirror, right);
    const auto more = co_await match_whole(sides.home, ours, sides.mirror, theirs, digest);
    if (!more) co_return fail(more.error());
    take(*more);
  }
  const Side mirror_side = migration::other(sides.home_side);
  std::uint64_t missing_count = 0;
  if (sides.mirror_takes_mail) {
    const auto missing = co_await name_left_over(sides.home, pair, *home, left, excused.home,
                                                 mirror_side, false, report);
    if (!missing) co_return fail(missing.error());
    missing_count = *missing;
  }
  std::uint64_t extra_count = 0;
  if (pair.mirror != nullptr) {
    const auto extra = co_await name_left_over(sides.mirror, pair, mirror, right, excused.mirror,
                                               sides.home_side, true, report);
    if (!extra) co_return fail(extra.error());
    extra_count = *extra;
  }
  FolderVerdict verdict;
  verdict.name = pair.home->name;
  verdict.home_messages = home->size();
  verdict.mirror_messages = mirror.size();
  verdict.missing = missing_count;
  verdict.extra = extra_count;
  report.folders.push_back(std::move(verdict));
  co_return Result<void>{};
}

}  // namespace

Task<Result<VerifyReport>> Sync::State::verify(AccountId id, bool full) {
  const auto guard = co_await passes.lock(id);
  const auto routes = registry.routes();
  const migration::Account* found = routes->account(id);
  if (found == nullptr) co_return fail(ErrorKind::not_found, "no such account");
  const migration::Account account = *found;
  const auto* migration = registry.settings(account.migration);
  if (migration == nullptr)
    co_return fail(ErrorKind::not_found, "no settings for migration " + account.migration);
  Clients clients;
  const auto opened = co_await open(account, clients);
  if (!opened) co_return fail(opened.error());
  auto report = co_await compare(account, *migration, clients, full);
  // It asks no daily quota, and counts: copies wait the longer for it.
  Budget budget(context, id, *migration);
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
  for (const FolderPair& pair : pairs) {
    if (pair.mirror == nullptr && !takes_mail) continue;
    const auto row = std::ranges::find_if(
        *rows, [&](const FolderRow& one) { return one.at(home).name == pair.home->name; });
    auto excused = excused_in(ledger, row == rows->end() ? nullptr : &*row, home);
    if (!excused) co_return fail(excused.error());
    const Sides sides{clients.at(home), clients.at(mirror), home, takes_mail};
    const auto done = co_await verify_folder(sides, pair, std::move(*excused), full,
                                             options.our_hostname, report);
    if (!done) co_return fail(done.error());
  }
  report.clean = std::ranges::all_of(report.folders, [](const FolderVerdict& folder) {
    return folder.missing == 0 && folder.extra == 0;
  });
  co_return report;
}

}  // namespace tandem::sync
