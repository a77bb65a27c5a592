// Ledger: messages.
#include <algorithm>

#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {
namespace {

using store::Sql;

// Rows of "id, old_uid, …" (ledger_rows.hpp), each once.
class Taken {
 public:
  explicit Taken(Side home) : home_(home) {}

  Result<void> take(store::Rows rows) {
    while (rows.next()) {
      Row& row = all_.emplace_back(message_from(rows, home_));
      keywords_.share(row.flags.keywords);
    }
    return rows.status();
  }
  std::vector<Row> rows() {
    std::ranges::sort(all_, {}, &Row::id);
    const auto twice = std::ranges::unique(all_, {}, &Row::id);
    all_.erase(twice.begin(), twice.end());
    return std::move(all_);
  }

 private:
  Side home_;
  std::vector<Row> all_;
  KeywordPool keywords_;
};

}  // namespace

Result<std::vector<Row>> Ledger::rows(std::int64_t folder, Side home,
                                      const RowsWanted& wanted) const {
  const bool home_is_old = home == Side::old_side;
  const Uid old_from = home_is_old ? wanted.home_from : wanted.mirror_from;
  const Uid new_from = home_is_old ? wanted.mirror_from : wanted.home_from;
  const std::vector<Uid>& old_uids = home_is_old ? wanted.home_uids : wanted.mirror_uids;
  const std::vector<Uid>& new_uids = home_is_old ? wanted.mirror_uids : wanted.home_uids;
  return store_.read([&](Sql& sql) -> Result<std::vector<Row>> {
    Taken rows(home);
    // `old_uid >= $2` is never true of NULL; one statement per index (the unary plus keeps the
    // other index out of it).
    auto taken = rows.take(
        sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                  "FROM sync_message WHERE folder = $1 AND old_uid >= $2",
                  folder, old_from));
    // Those that miss a UID, which may turn up again, are taken by their other one, or here.
    if (taken)
      taken = rows.take(
          sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                    "FROM sync_message WHERE folder = $1 AND new_uid >= $2 "
                    "AND (+old_uid IS NULL OR +old_uid < $3)",
                    folder, new_from, old_from));
    if (taken)
      taken = rows.take(
          sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                    "FROM sync_message WHERE folder = $1 AND new_uid IS NULL "
                    "AND (+old_uid IS NULL OR +old_uid < $2)",
                    folder, old_from));
    if (taken)
      taken = rows.take(
          sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                    "FROM sync_message WHERE folder = $1 AND old_uid IS NULL AND +new_uid < $2",
                    folder, new_from));
    for (const Uid uid : old_uids) {
      if (!taken) break;
      if (uid >= old_from) continue;
      taken = rows.take(
          sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                    "FROM sync_message WHERE folder = $1 AND old_uid = $2",
                    folder, uid));
    }
    for (const Uid uid : new_uids) {
      if (!taken) break;
      if (uid >= new_from) continue;
      taken = rows.take(
          sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                    "FROM sync_message WHERE folder = $1 AND new_uid = $2",
                    folder, uid));
    }
    if (!taken) return fail(taken.error());
    return rows.rows();
  });
}

Result<std::vector<Row>> Ledger::lonely_rows(std::int64_t folder, Side home) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<Row>> {
    Taken rows(home);
    const auto taken = rows.take(
        sql.query("SELECT id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied "
                  "FROM sync_message WHERE folder = $1 "
                  "AND (old_uid IS NULL OR new_uid IS NULL OR gone & 3 <> 0)",
                  folder));
    if (!taken) return fail(taken.error());
    return rows.rows();
  });
}

Result<MessageCounts> Ledger::counts(std::int64_t folder, Side home) const {
  return store_.read([&](Sql& sql) -> Result<MessageCounts> {
    // What came through the gateway and is on one side only (late there, or removed before we saw
    // it) waits for its counterpart: nothing is left to be done about it.
    auto rows = sql.query(
        "SELECT sum(old_uid IS NOT NULL AND gone & 1 = 0), sum(new_uid IS NOT NULL AND gone & 2 = "
        "0), sum(old_uid IS NOT NULL AND gone & 1 = 0 AND (new_uid IS NOT NULL OR gone & 2 <> 0 OR "
        "trace IS NOT NULL)), sum(new_uid IS NOT NULL AND gone & 2 = 0 AND (old_uid IS NOT NULL OR "
        "gone & 1 <> 0 OR trace IS NOT NULL)) FROM sync_message WHERE folder = $1",
        folder);
    MessageCounts counts;
    if (rows.next()) {
      const bool is_old = home == Side::old_side;
      counts.home = static_cast<std::uint64_t>(rows.integer(is_old ? 0 : 1));
      counts.mirror = static_cast<std::uint64_t>(rows.integer(is_old ? 1 : 0));
      counts.home_matched = static_cast<std::uint64_t>(rows.integer(is_old ? 2 : 3));
      counts.mirror_matched = static_cast<std::uint64_t>(rows.integer(is_old ? 3 : 2));
    }
    if (!rows.status()) return fail(rows.status().error());
    return counts;
  });
}

Task<Result<void>> Ledger::save_rows(std::int64_t folder, Side home, std::vector<Row> rows) {
  if (rows.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) { return put_messages(sql, folder, home, rows); };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::save_flags(std::vector<std::pair<std::int64_t, Flags>> flags) {
  if (flags.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    for (const auto& [id, now] : flags) {
      const std::string words = now.keyword_text();
      const std::optional<std::string_view> keywords =
          words.empty() ? std::nullopt : std::optional<std::string_view>(words);
      const auto set =
          done(sql.execute("UPDATE sync_message SET flags = $2, keywords = $3 WHERE id = $1", id,
                           now.system, keywords));
      if (!set) return set;
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::remove_rows(std::vector<std::int64_t> rows) {
  if (rows.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    for (const std::int64_t id : rows)
      if (auto gone = done(sql.execute("DELETE FROM sync_message WHERE id = $1", id)); !gone)
        return gone;
    return {};
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::replace_rows(std::int64_t folder, Side home,
                                        std::vector<std::int64_t> obsolete, std::vector<Row> rows) {
  if (obsolete.empty() && rows.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    for (const std::int64_t id : obsolete)
      if (auto gone = done(sql.execute("DELETE FROM sync_message WHERE id = $1", id)); !gone)
        return gone;
    return put_messages(sql, folder, home, rows);
  };
  co_return co_await commit(std::move(work));
}

}  // namespace tandem::sync
