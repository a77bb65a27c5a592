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
          .next_step = rows.text(6)};
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
    return take_skipped(
        sql.query("SELECT folder, side, uid, subject, size, reason, next_step FROM sync_skipped "
                  "WHERE folder = $1 ORDER BY side, uid",
                  folder));
  });
}

Result<std::vector<Skipped>> Ledger::skipped_of(AccountId account) const {
  return store_.read([&](Sql& sql) {
    return take_skipped(
        sql.query("SELECT folder, side, uid, subject, size, reason, next_step FROM sync_skipped "
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

Task<Result<void>> Ledger::skip(Skipped one) {
  Work work = [&](Sql& sql) {
    return done(sql.execute(
        "INSERT INTO sync_skipped (folder, side, uid, subject, size, reason, next_step) VALUES "
        "($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (folder, side, uid) DO UPDATE SET reason = $6, "
        "next_step = $7",
        one.folder, one.side, one.uid, one.subject, one.size, one.reason, one.next_step));
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
