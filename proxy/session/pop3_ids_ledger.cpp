// What POP3 clients were given, in the ledger.
#include "lib/store/schema.hpp"
#include "lib/store/store.hpp"
#include "proxy/session/pop3_ids.hpp"

namespace tandem::session {

using migration::Account;
using migration::AccountId;
using migration::Side;

// session_pop3_id.given: empty: not shown. session_pop3_epoch: both sides were brought together for
// this home in this epoch; what has no row yet is new to the client.
store::Schema Pop3Ids::schema() {
  return {.component = "session", .steps = {R"sql(
    CREATE TABLE session_pop3_id (
      account INTEGER NOT NULL,
      side INTEGER NOT NULL,
      id TEXT NOT NULL,
      given TEXT NOT NULL,
      rank INTEGER NOT NULL,
      PRIMARY KEY (account, side, id)
    ) WITHOUT ROWID;
    CREATE TABLE session_pop3_epoch (
      account INTEGER NOT NULL,
      side INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      PRIMARY KEY (account, side)
    ) WITHOUT ROWID;
  )sql"}};
}

bool Pop3Ids::needed(AccountId id) const {
  if (inboxes_ == nullptr) return false;
  const auto routes = registry_.routes();
  const Account* account = routes->account(id);
  if (account == nullptr) return false;
  if (migration::home_of(account->phase) == Side::new_side) return true;
  // Back at home: were other ids given on the new side?
  const auto found = store_.read([&](store::Sql& sql) {
    return sql.integer("SELECT epoch FROM session_pop3_epoch WHERE account = $1", id);
  });
  return found && found->has_value();
}

Result<Pop3Ids::Known> Pop3Ids::known(const Account& account, Side side) const {
  return store_.read([&](store::Sql& sql) -> Result<Known> {
    Known known;
    auto rows =
        sql.query("SELECT id, given, rank FROM session_pop3_id WHERE account = $1 AND side = $2",
                  account.id, side);
    while (rows.next())
      known.ids[rows.text(0)] = {rows.text(0), rows.text(1),
                                 static_cast<std::uint64_t>(rows.integer(2))};
    if (!rows.status()) return fail(rows.status().error());
    const auto epoch = sql.integer(
        "SELECT epoch FROM session_pop3_epoch WHERE account = $1 AND side = $2", account.id, side);
    if (!epoch) return fail(epoch.error());
    known.current = *epoch && static_cast<std::uint64_t>(**epoch) == account.epoch;
    return known;
  });
}

Task<Result<void>> Pop3Ids::write(Account account, Side side, std::vector<GivenId> ids) {
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    for (const GivenId& one : ids) {
      const auto put = sql.execute(
          "INSERT INTO session_pop3_id (account, side, id, given, rank) "
          "VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account, side, id) "
          "DO UPDATE SET given = excluded.given, rank = excluded.rank",
          account.id, side, one.id, one.given, one.rank);
      if (!put) return fail(put.error());
    }
    const auto put = sql.execute(
        "INSERT INTO session_pop3_epoch (account, side, epoch) VALUES ($1, $2, $3) "
        "ON CONFLICT (account, side) DO UPDATE SET epoch = excluded.epoch",
        account.id, side, account.epoch);
    if (!put) return fail(put.error());
    return {};
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return Result<void>();
}

}  // namespace tandem::session
