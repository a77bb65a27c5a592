// Ledger: what is gone on one side, and what may have become of it.
#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {

using store::Sql;

Task<Result<void>> Ledger::mark_gone(std::vector<std::int64_t> rows, Side side) {
  if (rows.empty()) co_return Result<void>{};
  const std::int64_t bits = side_bit(side) * 5;
  Work work = [&](Sql& sql) -> Result<void> {
    for (const std::int64_t id : rows) {
      const auto set = done(sql.execute(
          "UPDATE sync_message SET gone = gone | $2, trace = NULL WHERE id = $1", id, bits));
      if (!set) return set;
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::mark_back(std::vector<std::int64_t> rows, Side side) {
  if (rows.empty()) co_return Result<void>{};
  const std::int64_t bits = side_bit(side) * 5;
  Work work = [&](Sql& sql) -> Result<void> {
    for (const std::int64_t id : rows) {
      const auto set =
          done(sql.execute("UPDATE sync_message SET gone = gone & ~$2 WHERE id = $1", id, bits));
      if (!set) return set;
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::mark_folder_gone(std::int64_t folder, Side side) {
  const std::int64_t bits = side_bit(side) * 5;
  Work work = [&](Sql& sql) {
    if (side == Side::old_side)
      return done(
          sql.execute("UPDATE sync_message SET gone = gone | $2, trace = NULL "
                      "WHERE folder = $1 AND gone & 1 = 0 AND old_uid IS NOT NULL",
                      folder, bits));
    return done(
        sql.execute("UPDATE sync_message SET gone = gone | $2, trace = NULL "
                    "WHERE folder = $1 AND gone & 2 = 0 AND new_uid IS NOT NULL",
                    folder, bits));
  };
  co_return co_await commit(std::move(work));
}

Result<std::vector<Ledger::Loose>> Ledger::loose(AccountId account, Side home) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<Loose>> {
    std::vector<Loose> all;
    const auto take = [&](store::Rows rows) {
      while (rows.next()) all.push_back({rows.integer(9), message_from(rows, home)});
      return rows.status();
    };
    auto taken = take(
        sql.query("SELECT m.id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied, "
                  "folder FROM sync_folder f JOIN sync_message m ON m.folder = f.id "
                  "WHERE f.account = $1 AND gone >= 4",
                  account));
    if (taken)
      taken = take(sql.query(
          "SELECT m.id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied, folder "
          "FROM sync_folder f JOIN sync_message m ON m.folder = f.id "
          "WHERE f.account = $1 AND trace IS NOT NULL AND gone < 4",
          account));
    if (!taken) return fail(taken.error());
    return all;
  });
}

namespace {

// `gone` between 0 and 3, so that SQLite takes the index of these.
store::Rows select_left_behind(Sql& sql, std::int64_t folder, Side gone) {
  return sql.query(
      "SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
      "FROM sync_message WHERE folder = $1 AND gone > 0 AND gone < 3 AND gone = $2",
      folder, side_bit(gone));
}

bool is_on_other_side(const store::Rows& rows, Side gone) {
  return rows.integer(gone == Side::old_side ? 2 : 1) != 0;
}

}  // namespace

Result<std::vector<Identity>> Ledger::left_behind(std::int64_t folder, Side gone) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<Identity>> {
    std::vector<Identity> all;
    auto rows = select_left_behind(sql, folder, gone);
    while (rows.next())
      if (is_on_other_side(rows, gone)) all.push_back(Identity::from_bytes(rows.view(6)));
    if (const auto read = rows.status(); !read) return fail(read.error());
    return all;
  });
}

Result<std::vector<Row>> Ledger::rows_left_behind(std::int64_t folder, Side gone, Side home,
                                                  const std::set<Identity>& identities) const {
  std::vector<Row> all;
  if (identities.empty()) return all;
  return store_.read([&](Sql& sql) -> Result<std::vector<Row>> {
    auto rows = select_left_behind(sql, folder, gone);
    while (rows.next())
      if (is_on_other_side(rows, gone) && identities.contains(Identity::from_bytes(rows.view(6))))
        all.push_back(message_from(rows, home));
    if (const auto read = rows.status(); !read) return fail(read.error());
    return all;
  });
}

Task<Result<void>> Ledger::end_removals(AccountId account, std::vector<Deletion> noted,
                                        std::vector<Loose> waiting, Side home) {
  const auto any = store_.read([&](Sql& sql) {
    return sql.integer(
        "SELECT 1 FROM sync_folder f JOIN sync_message m ON m.folder = f.id "
        "WHERE f.account = $1 AND gone >= 4 LIMIT 1",
        account);
  });
  if (!any) co_return fail(any.error());
  if (!*any) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    auto put =
        done(sql.execute("UPDATE sync_message SET gone = gone & 3 WHERE gone >= 4 AND folder IN "
                         "(SELECT id FROM sync_folder WHERE account = $1)",
                         account));
    for (const Loose& one : waiting)
      if (put)
        put = done(sql.execute("UPDATE sync_message SET gone = gone | $2 WHERE id = $1", one.row.id,
                               side_bit(home) << 2));
    for (const Deletion& one : noted)
      if (put) put = put_new_deletion(sql, one);
    return put;
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::forget_uids(std::int64_t folder, Side side) {
  const auto any = store_.read([&](Sql& sql) {
    return sql.integer(
        "SELECT EXISTS (SELECT 1 FROM sync_message WHERE folder = $1) OR "
        "EXISTS (SELECT 1 FROM sync_skipped WHERE folder = $1) OR "
        "EXISTS (SELECT 1 FROM sync_label WHERE folder = $1)",
        folder);
  });
  if (!any) co_return fail(any.error());
  if (any->value_or(0) == 0) co_return Result<void>{};  // a folder that is new to us
  Work work = [&](Sql& sql) -> Result<void> {
    const bool old = side == Side::old_side;
    auto put =
        old ? done(sql.execute("UPDATE sync_message SET old_uid = NULL WHERE folder = $1", folder))
            : done(sql.execute("UPDATE sync_message SET new_uid = NULL WHERE folder = $1", folder));
    // A tombstone stays, to be recognised by its identity; and what waits for a counterpart.
    if (put)
      put =
          done(sql.execute("DELETE FROM sync_message WHERE folder = $1 AND old_uid IS NULL AND "
                           "new_uid IS NULL AND trace IS NULL AND "
                           "(gone & 3 IN (0, 3) OR identity IS NULL)",
                           folder));
    if (put)
      put = done(
          sql.execute("DELETE FROM sync_skipped WHERE folder = $1 AND side = $2", folder, side));
    if (put)
      put =
          done(sql.execute("DELETE FROM sync_label WHERE folder = $1 AND side = $2", folder, side));
    return put;
  };
  co_return co_await commit(std::move(work));
}

}  // namespace tandem::sync
