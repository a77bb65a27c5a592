// Ledger: messages that a server shows in several folders, and where copies of them are.
#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {

using store::Sql;

Result<std::vector<Uid>> Ledger::without_label(std::int64_t folder, Side side,
                                               const std::vector<Uid>& uids) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<Uid>> {
    std::vector<Uid> unknown;
    for (const Uid uid : uids) {
      const auto known =
          sql.integer("SELECT 1 FROM sync_label WHERE folder = $1 AND side = $2 AND uid = $3",
                      folder, side, uid);
      if (!known) return fail(known.error());
      if (!*known) unknown.push_back(uid);
    }
    return unknown;
  });
}

Task<Result<void>> Ledger::save_labels(std::int64_t folder, Side side, std::vector<Label> labels) {
  if (labels.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    for (const Label& label : labels) {
      const auto put = done(
          sql.execute("INSERT INTO sync_label (folder, side, uid, message) VALUES ($1, $2, $3, $4) "
                      "ON CONFLICT (folder, side, uid) DO UPDATE SET message = $4",
                      folder, side, label.uid, label.message));
      if (!put) return put;
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

Result<std::vector<Label>> Ledger::labels(std::int64_t folder, Side side,
                                          const std::vector<Uid>& uids) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<Label>> {
    std::vector<Label> all;
    for (const Uid uid : uids) {
      const auto id =
          sql.integer("SELECT message FROM sync_label WHERE folder = $1 AND side = $2 AND uid = $3",
                      folder, side, uid);
      if (!id) return fail(id.error());
      if (*id) all.push_back({uid, static_cast<std::uint64_t>(**id)});
    }
    return all;
  });
}

namespace {

// A copy whose message has gone from either side, or that we did not make, is none. The lowest
// folder of several, so that many come from the same one.
store::Rows copies_of(Sql& sql, std::int64_t folder, Side home, Uid uid) {
  if (home == Side::old_side)
    return sql.query(
        "SELECT m.folder, m.new_uid, m.identity FROM sync_label a "
        "JOIN sync_label b ON b.message = a.message AND b.side = a.side AND b.folder <> a.folder "
        "JOIN sync_folder f ON f.id = a.folder "
        "JOIN sync_folder g ON g.id = b.folder AND g.account = f.account "
        "JOIN sync_message m ON m.folder = b.folder AND m.old_uid = b.uid "
        "WHERE a.folder = $1 AND a.side = $2 AND a.uid = $3 AND m.new_uid IS NOT NULL "
        "AND m.gone = 0 AND m.copied & 2 <> 0 ORDER BY m.folder LIMIT 1",
        folder, home, uid);
  return sql.query(
      "SELECT m.folder, m.old_uid, m.identity FROM sync_label a "
      "JOIN sync_label b ON b.message = a.message AND b.side = a.side AND b.folder <> a.folder "
      "JOIN sync_folder f ON f.id = a.folder "
      "JOIN sync_folder g ON g.id = b.folder AND g.account = f.account "
      "JOIN sync_message m ON m.folder = b.folder AND m.new_uid = b.uid "
      "WHERE a.folder = $1 AND a.side = $2 AND a.uid = $3 AND m.old_uid IS NOT NULL "
      "AND m.gone = 0 AND m.copied & 1 <> 0 ORDER BY m.folder LIMIT 1",
      folder, home, uid);
}

}  // namespace

Result<std::vector<LabelCopy>> Ledger::label_copies(std::int64_t folder, Side home,
                                                    const std::vector<Uid>& uids) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<LabelCopy>> {
    std::vector<LabelCopy> all;
    for (const Uid uid : uids) {
      auto rows = copies_of(sql, folder, home, uid);
      if (rows.next()) {
        LabelCopy& one = all.emplace_back();
        one.uid = uid;
        one.folder = rows.integer(0);
        one.copy = static_cast<Uid>(rows.integer(1));
        one.identity = Identity::from_bytes(rows.view(2));
      }
      if (!rows.status()) return fail(rows.status().error());
    }
    return all;
  });
}

}  // namespace tandem::sync
