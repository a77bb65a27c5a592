// Ledger: messages that could not be copied, and whole folders (UID 0), with the reason.
#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {
namespace {

using store::Sql;

Skipped skipped_from(const store::Rows& rows) {
  return {.folder = rows.integer(0),
          .side = rows.as<Side>(1),
          .uid = static_cast<Uid>(rows.integer(2)),
          .subject = rows.text(3),
          .size = static_cast<std::uint64_t>(rows.integer(4)),
          .reason = rows.text(5),
          .next_step = rows.text(6),
          .date = rows.is_null(7) ? std::nullopt : std::optional(rows.integer(7)),
          .again = rows.integer(8) != 0};
}

Result<std::vector<Skipped>> take_skipped(store::Rows rows) {
  std::vector<Skipped> all;
  while (rows.next()) all.push_back(skipped_from(rows));
  if (!rows.status()) return fail(rows.status().error());
  return all;
}

}  // namespace

Result<std::vector<Skipped>> Ledger::skipped(std::int64_t folder) const {
  return store_.read([&](Sql& sql) {
    return take_skipped(sql.query(
        "SELECT folder, side, uid, subject, size, reason, next_step, date, again FROM sync_skipped "
        "WHERE folder = $1 ORDER BY side, uid",
        folder));
  });
}

Result<std::vector<Skipped>> Ledger::skipped_of(AccountId account) const {
  return store_.read([&](Sql& sql) {
    return take_skipped(sql.query(
        "SELECT folder, side, uid, subject, size, reason, next_step, date, again FROM sync_skipped "
        "WHERE folder IN (SELECT id FROM sync_folder WHERE account = $1) "
        "ORDER BY folder, side, uid",
        account));
  });
}

Result<std::uint64_t> Ledger::count_skipped(AccountId account) const {
  return store_.read([&](Sql& sql) -> Result<std::uint64_t> {
    const auto count = sql.integer(
        "SELECT count(*) FROM sync_skipped WHERE folder IN "
        "(SELECT id FROM sync_folder WHERE account = $1)",
        account);
    if (!count) return fail(count.error());
    return static_cast<std::uint64_t>(count->value_or(0));
  });
}

Result<std::map<std::int64_t, std::uint64_t>> Ledger::count_skipped(AccountId account,
                                                                    Side side) const {
  return store_.read([&](Sql& sql) -> Result<std::map<std::int64_t, std::uint64_t>> {
    auto rows = sql.query(
        "SELECT folder, count(*) FROM sync_skipped WHERE folder IN (SELECT id FROM sync_folder "
        "WHERE account = $1) AND side = $2 AND uid <> 0 GROUP BY folder",
        account, side);
    std::map<std::int64_t, std::uint64_t> counts;
    while (rows.next()) counts[rows.integer(0)] = static_cast<std::uint64_t>(rows.integer(1));
    if (const auto read = rows.status(); !read) return fail(read.error());
    return counts;
  });
}

Result<std::set<std::int64_t>> Ledger::folders_with_skipped(AccountId account, bool asked) const {
  return store_.read([&](Sql& sql) -> Result<std::set<std::int64_t>> {
    auto rows = sql.query(
        "SELECT DISTINCT folder FROM sync_skipped WHERE again >= $2 AND folder IN "
        "(SELECT id FROM sync_folder WHERE account = $1)",
        account, asked ? 1 : 0);
    std::set<std::int64_t> folders;
    while (rows.next()) folders.insert(rows.integer(0));
    if (!rows.status()) return fail(rows.status().error());
    return folders;
  });
}

Task<Result<void>> Ledger::skip(Skipped one) {
  Work work = [&](Sql& sql) {
    return done(sql.execute(
        "INSERT INTO sync_skipped (folder, side, uid, subject, size, reason, next_step, date) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (folder, side, uid) DO UPDATE SET "
        "reason = $6, next_step = $7, date = $8, again = 0",
        one.folder, one.side, one.uid, one.subject, one.size, one.reason, one.next_step, one.date));
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::ask_again(std::vector<Skipped> wanted) {
  Work work = [&](Sql& sql) -> Result<void> {
    for (const Skipped& one : wanted) {
      const auto set = done(sql.execute(
          "UPDATE sync_skipped SET again = 1 WHERE folder = $1 AND side = $2 AND uid = $3",
          one.folder, one.side, one.uid));
      if (!set) return set;
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::unskip(std::int64_t folder, Side side, std::vector<Uid> uids) {
  if (uids.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    for (const Uid uid : uids) {
      const auto gone =
          done(sql.execute("DELETE FROM sync_skipped WHERE folder = $1 AND side = $2 AND uid = $3",
                           folder, side, uid));
      if (!gone) return gone;
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

}  // namespace tandem::sync
