#include "sync/ledger.hpp"

#include "lib/store/fault.hpp"
#include "lib/store/store.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {

Task<Result<void>> Ledger::commit(Work work) {
  store::Unit unit;
  unit.apply = [&work](store::Sql& sql, std::span<const store::BlobRef>) { return work(sql); };
  co_return co_await commit_unit(std::move(unit));
}

// The two fault points are a process that dies before the commit, and after it.
Task<Result<void>> Ledger::commit_unit(store::Unit unit) {
  if (store::fault::point("sync.commit") != 0) co_return fail(ErrorKind::storage, "sync.commit");
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  if (store::fault::point("sync.committed") != 0)
    co_return fail(ErrorKind::storage, "sync.committed");
  co_return Result<void>{};
}

Result<std::vector<FolderRow>> Ledger::folders(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<FolderRow>> {
    std::vector<FolderRow> all;
    auto rows = sql.query(
        "SELECT id, old_name, new_name, old_validity, new_validity, old_next, new_next, "
        "old_modseq, new_modseq, old_messages, new_messages, old_unseen, new_unseen, "
        "matched, new_matched, bytes, bytes_done, subscribed FROM sync_folder WHERE account = $1 "
        "ORDER BY old_name",
        account);
    while (rows.next()) {
      FolderRow folder;
      folder.id = rows.integer(0);
      folder.account = account;
      for (int side = 0; side < 2; ++side) {
        FolderSide& at = folder.sides[static_cast<std::size_t>(side)];
        at.name = rows.text(1 + side);
        at.validity = static_cast<std::uint32_t>(rows.integer(3 + side));
        at.next = static_cast<Uid>(rows.integer(5 + side));
        at.modseq = static_cast<std::uint64_t>(rows.integer(7 + side));
        at.messages = static_cast<std::uint64_t>(rows.integer(9 + side));
        at.unseen = static_cast<std::uint64_t>(rows.integer(11 + side));
        at.matched = static_cast<std::uint64_t>(rows.integer(13 + side));
      }
      folder.bytes = static_cast<std::uint64_t>(rows.integer(15));
      folder.bytes_done = static_cast<std::uint64_t>(rows.integer(16));
      folder.subscribed = rows.integer(17) != 0;
      all.push_back(std::move(folder));
    }
    if (!rows.status()) return fail(rows.status().error());
    return all;
  });
}

Task<Result<FolderRow>> Ledger::add_folder(FolderRow folder) {
  Work work = [&folder](store::Sql& sql) -> Result<void> {
    const auto id = sql.integer(
        "INSERT INTO sync_folder (account, old_name, new_name) VALUES ($1, $2, $3) RETURNING id",
        folder.account, folder.sides[0].name, folder.sides[1].name);
    if (!id) return fail(id.error());
    folder.id = id->value_or(0);
    return {};
  };
  const auto added = co_await commit(std::move(work));
  if (!added) co_return fail(added.error());
  co_return folder;
}

Task<Result<void>> Ledger::save_folder(FolderRow folder) {
  Work work = [&folder](store::Sql& sql) {
    const FolderSide& a = folder.sides[0];
    const FolderSide& b = folder.sides[1];
    return done(sql.execute(
        "UPDATE sync_folder SET old_validity = $2, new_validity = $3, old_next = $4, "
        "new_next = $5, old_modseq = $6, new_modseq = $7, old_messages = $8, new_messages = $9, "
        "old_unseen = $10, new_unseen = $11, matched = $12, bytes = $13, bytes_done = $14, "
        "subscribed = $15, new_matched = $16 WHERE id = $1",
        folder.id, a.validity, b.validity, a.next, b.next, a.modseq, b.modseq, a.messages,
        b.messages, a.unseen, b.unseen, a.matched, folder.bytes, folder.bytes_done,
        folder.subscribed ? 1 : 0, b.matched));
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::rename_folder(FolderRow folder) {
  Work work = [&folder](store::Sql& sql) {
    return done(sql.execute(
        "UPDATE sync_folder SET old_name = $2, new_name = $3, subscribed = $4 WHERE id = $1",
        folder.id, folder.sides[0].name, folder.sides[1].name, folder.subscribed ? 1 : 0));
  };
  co_return co_await commit(std::move(work));
}

Task<Result<void>> Ledger::save_folder_bytes(FolderRow folder) {
  Work work = [&folder](store::Sql& sql) {
    return done(sql.execute("UPDATE sync_folder SET bytes = $2, bytes_done = $3 WHERE id = $1",
                            folder.id, folder.bytes, folder.bytes_done));
  };
  co_return co_await commit(std::move(work));
}

Result<AccountRow> Ledger::account(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<AccountRow> {
    AccountRow found;
    auto rows = sql.query(
        "SELECT state, problem, server_words, next_step, in_sync_ms FROM sync_account "
        "WHERE account = $1",
        account);
    if (rows.next()) {
      found.state = rows.as<migration::CopyState>(0);
      found.problem = rows.text(1);
      found.server_words = rows.text(2);
      found.next_step = rows.text(3);
      if (!rows.is_null(4)) found.in_sync_at = WallTime{Duration{rows.integer(4)}};
    }
    if (!rows.status()) return fail(rows.status().error());
    return found;
  });
}

Task<Result<void>> Ledger::save_account(AccountId account, AccountRow row) {
  Work work = [account, &row](store::Sql& sql) {
    std::optional<std::int64_t> at;
    if (row.in_sync_at) at = row.in_sync_at->time_since_epoch().count();
    return done(sql.execute(
        "INSERT INTO sync_account (account, state, problem, server_words, next_step, in_sync_ms) "
        "VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (account) DO UPDATE SET state = $2, "
        "problem = $3, server_words = $4, next_step = $5, in_sync_ms = $6",
        account, row.state, row.problem, row.server_words, row.next_step, at));
  };
  co_return co_await commit(std::move(work));
}

}  // namespace tandem::sync
