// Ledger: how the last verifications of an account ended.
#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {
namespace {

using migration::Verified;

constexpr int most_kept = 20;  // of an account

std::int64_t to_ms(WallTime at) {
  return at.time_since_epoch().count();
}

WallTime from_ms(std::int64_t ms) {
  return WallTime(Duration(ms));
}

Verified verified_from(const store::Rows& rows) {
  const auto count = [&](int column) { return static_cast<std::uint64_t>(rows.integer(column)); };
  Verified one;
  one.at = from_ms(rows.integer(0));
  one.full = rows.integer(1) != 0;
  one.clean = rows.integer(2) != 0;
  if (one.clean) one.clean_since = from_ms(rows.integer(3));
  one.folders = count(4);
  one.messages = count(5);
  one.missing = count(6);
  one.extra = count(7);
  one.changed = count(8);
  one.not_compared = count(9);
  one.whole = count(10);
  one.rewritten = count(11);
  return one;
}

}  // namespace

Result<std::vector<Verified>> Ledger::verified(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<Verified>> {
    std::vector<Verified> all;
    auto rows = sql.query(
        "SELECT at_ms, full_bodies, clean, clean_since_ms, folders, messages, missing, "
        "extra, changed, not_compared, whole, rewritten FROM sync_verified "
        "WHERE account = $1 ORDER BY id DESC",
        account);
    while (rows.next()) all.push_back(verified_from(rows));
    if (!rows.status()) return fail(rows.status().error());
    return all;
  });
}

Task<Result<void>> Ledger::add_verified(AccountId account, Verified one) {
  Work work = [&](store::Sql& sql) -> Result<void> {
    const auto added = done(sql.execute(
        "INSERT INTO sync_verified (account, at_ms, full_bodies, clean, clean_since_ms, folders, "
        "messages, missing, extra, changed, not_compared, whole, rewritten) VALUES "
        "($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        account, to_ms(one.at), one.full ? 1 : 0, one.clean ? 1 : 0,
        to_ms(one.clean_since.value_or(WallTime{})), one.folders, one.messages, one.missing,
        one.extra, one.changed, one.not_compared, one.whole, one.rewritten));
    if (!added) return added;
    return done(sql.execute(
        "DELETE FROM sync_verified WHERE account = $1 AND id NOT IN (SELECT id FROM sync_verified "
        "WHERE account = $1 ORDER BY id DESC LIMIT $2)",
        account, most_kept));
  };
  co_return co_await commit(std::move(work));
}

}  // namespace tandem::sync
