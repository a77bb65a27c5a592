// Ledger: deletions that are carried over, and what the folder's rows then say of the message.
#include <array>

#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {
namespace {

using store::Sql;

constexpr std::array<std::string_view, deletion_states> state_names = {
    "wanted",   "held",      "moving",   "quarantined", "restoring",
    "restored", "expunging", "expunged", "refused",     "left alone"};
static_assert(static_cast<std::size_t>(DeletionState::left_alone) + 1 == deletion_states);

std::int64_t milliseconds(WallTime at) {
  return at.time_since_epoch().count();
}

WallTime time_from(std::int64_t milliseconds) {
  return WallTime{Duration{milliseconds}};
}

Result<std::vector<Deletion>> take_deletions(store::Rows rows) {
  std::vector<Deletion> all;
  while (rows.next()) {
    Deletion& one = all.emplace_back();
    one.id = rows.integer(0);
    one.account = rows.integer(1);
    one.folder = rows.integer(2);
    one.side = rows.as<Side>(3);
    one.folder_name = rows.text(4);
    one.state = rows.as<DeletionState>(5);
    one.validity = static_cast<std::uint32_t>(rows.integer(6));
    one.uid = static_cast<Uid>(rows.integer(7));
    one.identity = Identity::from_bytes(rows.view(8));
    one.to_validity = static_cast<std::uint32_t>(rows.integer(9));
    one.to_next = static_cast<Uid>(rows.integer(10));
    one.subject = rows.text(11);
    one.noted_at = time_from(rows.integer(12));
    one.at = time_from(rows.integer(13));
    one.why = rows.text(14);
  }
  if (!rows.status()) return fail(rows.status().error());
  return all;
}

// A message that left the folder with our doing: both sides have removed it. The UID counts only
// while the folder is still the same one.
Result<void> note_gone(Sql& sql, const Deletion& one, std::uint32_t validity, Uid uid) {
  const std::int64_t bit = side_bit(one.side);
  if (one.side == Side::old_side)
    return done(
        sql.execute("UPDATE sync_message SET gone = (gone | $3) & ~($3 << 2) WHERE folder = $1 AND "
                    "old_uid = $2 AND EXISTS (SELECT 1 FROM sync_folder WHERE id = $1 AND "
                    "old_validity = $4)",
                    one.folder, uid, bit, validity));
  return done(
      sql.execute("UPDATE sync_message SET gone = (gone | $3) & ~($3 << 2) WHERE folder = $1 AND "
                  "new_uid = $2 AND EXISTS (SELECT 1 FROM sync_folder WHERE id = $1 AND "
                  "new_validity = $4)",
                  one.folder, uid, bit, validity));
}

// A message that is back: on its side alone, as one that a person removed on the other.
Result<void> note_back(Sql& sql, const Deletion& one) {
  Row row;
  row.home = one.uid;
  row.identity = one.identity;
  row.mirror_gone = true;
  return put_message(sql, one.folder, one.side, row);
}

Result<void> update(Sql& sql, const Deletion& one) {
  return done(
      sql.execute("UPDATE sync_deletion SET state = $2, validity = $3, uid = $4, to_validity = $5, "
                  "to_next = $6, subject = $7, at_ms = $8, why = $9 WHERE id = $1",
                  one.id, one.state, one.validity, one.uid, one.to_validity, one.to_next,
                  one.subject, milliseconds(one.at), one.why));
}

// Where it lay before tells what its folder's rows have to say now.
Result<void> update_with_rows(Sql& sql, const Deletion& one) {
  auto before = sql.query("SELECT state, validity, uid FROM sync_deletion WHERE id = $1", one.id);
  if (!before.next()) return before.status();
  const auto state = before.as<DeletionState>(0);
  const auto validity = static_cast<std::uint32_t>(before.integer(1));
  const auto uid = static_cast<Uid>(before.integer(2));
  if (state == DeletionState::moving && one.state == DeletionState::quarantined) {
    const auto gone = note_gone(sql, one, validity, uid);
    if (!gone) return gone;
  }
  if (state == DeletionState::restoring && one.state == DeletionState::restored) {
    const auto back = note_back(sql, one);
    if (!back) return back;
  }
  return update(sql, one);
}

}  // namespace

std::string_view name_of(DeletionState state) {
  return state_names[static_cast<std::size_t>(state)];
}

Result<void> put_new_deletion(Sql& sql, const Deletion& one) {
  const std::string identity = one.identity.to_bytes();
  return done(sql.execute(
      "INSERT INTO sync_deletion (account, folder, side, folder_name, state, validity, uid, "
      "identity, subject, noted_ms, at_ms, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, "
      "$11, $12)",
      one.account, one.folder, one.side, one.folder_name, one.state, one.validity, one.uid,
      store::Blob{identity}, one.subject, milliseconds(one.noted_at), milliseconds(one.at),
      one.why));
}

Result<std::vector<Deletion>> Ledger::deletions(AccountId account, DeletionStates states) const {
  std::int64_t mask = 0;
  for (const DeletionState state : states) mask |= std::int64_t{1} << static_cast<int>(state);
  return store_.read([&](Sql& sql) {
    return take_deletions(
        sql.query("SELECT id, account, folder, side, folder_name, state, validity, uid, identity, "
                  "to_validity, to_next, subject, noted_ms, at_ms, why FROM sync_deletion "
                  "WHERE account = $1 AND ((1 << state) & $2) <> 0 ORDER BY folder, uid, id",
                  account, mask));
  });
}

Result<std::vector<Deletion>> Ledger::deletions(AccountId account, std::size_t limit) const {
  return store_.read([&](Sql& sql) {
    return take_deletions(
        sql.query("SELECT id, account, folder, side, folder_name, state, validity, uid, identity, "
                  "to_validity, to_next, subject, noted_ms, at_ms, why FROM sync_deletion "
                  "WHERE account = $1 AND state <> $3 ORDER BY at_ms DESC, id DESC LIMIT $2",
                  account, limit, DeletionState::held));
  });
}

Result<std::uint64_t> Ledger::count_deletions(AccountId account, DeletionState state) const {
  return store_.read([&](Sql& sql) -> Result<std::uint64_t> {
    const auto count = sql.integer(
        "SELECT count(*) FROM sync_deletion WHERE account = $1 AND state = $2", account, state);
    if (!count) return fail(count.error());
    return static_cast<std::uint64_t>(count->value_or(0));
  });
}

Task<Result<void>> Ledger::save_deletions(std::vector<Deletion> deletions) {
  if (deletions.empty()) co_return Result<void>{};
  Work work = [&](Sql& sql) -> Result<void> {
    for (const Deletion& one : deletions)
      if (auto put = update_with_rows(sql, one); !put) return put;
    return {};
  };
  co_return co_await commit(std::move(work));
}

Task<Result<std::uint64_t>> Ledger::decide_held(AccountId account, std::string folder,
                                                DeletionState state, WallTime at) {
  std::uint64_t count = 0;
  Work work = [&](Sql& sql) -> Result<void> {
    const auto changed = sql.execute(
        "UPDATE sync_deletion SET state = $3, at_ms = $4 WHERE account = $1 AND state = $5 AND "
        "($2 = '' OR folder_name = $2)",
        account, folder, state, milliseconds(at), DeletionState::held);
    if (!changed) return fail(changed.error());
    count = static_cast<std::uint64_t>(*changed);
    return {};
  };
  const auto done = co_await commit(std::move(work));
  if (!done) co_return fail(done.error());
  co_return count;
}

}  // namespace tandem::sync
