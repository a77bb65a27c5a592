// One step of one account: the row, its history and the audit entry are one durable unit, and the
// routes are published only then.
#include <fmt/core.h>
#include <span>
#include <utility>

#include "lib/store/store.hpp"
#include "migration/registry.hpp"
#include "migration/registry_rows.hpp"

namespace tandem::migration {

namespace {

Result<void> write_step(store::Sql& sql, const Account& account, Phase to, std::int64_t at_ms,
                        const std::string& who) {
  const auto changed = sql.execute(
      "UPDATE migration_account SET phase = $1, epoch = epoch + 1 WHERE id = $2 AND epoch = $3",
      name_of(to), account.id, account.epoch);
  if (!changed) return fail(changed.error());
  if (*changed != 1)
    return fail(Error{.kind = ErrorKind::conflict,
                      .what = account.address + ": somebody else moved this account meanwhile",
                      .next_step = "Look at the account's phase and decide again."});
  const auto recorded = sql.execute(
      "INSERT INTO migration_step (account, at_ms, epoch, from_phase, to_phase, who) "
      "VALUES ($1, $2, $3, $4, $5, $6)",
      account.id, at_ms, account.epoch + 1, name_of(account.phase), name_of(to), who);
  if (!recorded) return fail(recorded.error());
  return {};
}

}  // namespace

Task<Result<Account>> Registry::take_step(AccountId id, Step step, std::uint64_t seen_epoch,
                                          std::string who) {
  const auto before = routes();
  const Account* account = before->account(id);
  if (account == nullptr) co_return fail(ErrorKind::not_found, "no such account");
  const auto to = after(account->phase, step);
  if (!to || account->epoch != seen_epoch)
    co_return fail(ErrorKind::conflict,
                   fmt::format("{}: '{}' does not begin in phase '{}', epoch {}", account->address,
                               name_of(step), name_of(account->phase), account->epoch));
  const std::int64_t now = to_ms(clock_.wall());
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    auto done = write_step(sql, *account, *to, now, who);
    if (!done) return done;
    return insert_audit(sql, now, who, std::string(name_of(step)), account->address);
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  if (auto read = publish(); !read) co_return fail(read.error());
  const auto published = routes();
  co_return *published->account(id);
}

Task<Result<void>> Registry::set_paused(AccountId id, bool paused, std::string who) {
  const auto before = routes();
  const Account* account = before->account(id);
  if (account == nullptr) co_return fail(ErrorKind::not_found, "no such account");
  const std::int64_t now = to_ms(clock_.wall());
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto done =
        sql.execute("UPDATE migration_account SET paused = $1 WHERE id = $2", paused, id);
    if (!done) return fail(done.error());
    return insert_audit(sql, now, who, paused ? "pause" : "resume", account->address);
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return publish();
}

}  // namespace tandem::migration
