// Mirror copies in the journal.
#include <utility>

#include "proxy/gateway/journal.hpp"
#include "proxy/gateway/journal_rows.hpp"

namespace tandem::gateway {

Result<std::vector<Pending>> Journal::mirrors_due(WallTime now, std::size_t limit) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<Pending>> {
    static const std::string text =
        select_pending() +
        "WHERE r.mirror_state IN (2, 4) AND r.due_ms <= $1 ORDER BY r.id LIMIT $2";
    std::vector<Pending> due;
    auto rows = sql.query(text, to_ms(now), limit);
    while (rows.next()) due.push_back(pending_of(rows));
    if (!rows.status()) return fail(rows.status().error());
    return due;
  });
}

Result<std::int64_t> Journal::newest_recipient() const {
  return store_.read([](store::Sql& sql) -> Result<std::int64_t> {
    auto rows = sql.query("SELECT coalesce(max(id), 0) FROM gateway_recipient");
    const std::int64_t newest = rows.next() ? rows.integer(0) : 0;
    if (!rows.status()) return fail(rows.status().error());
    return newest;
  });
}

Task<Result<void>> Journal::mirrors_made(std::vector<RecipientRecord> recipients) {
  if (recipients.empty()) co_return Result<void>{};
  store::Unit unit;
  unit.apply = [&recipients](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    for (const auto& one : recipients) {
      const auto done =
          sql.execute("UPDATE gateway_recipient SET mirror_state = $1, words = '' WHERE id = $2",
                      MirrorState::made, one.id);
      if (!done) return fail(done.error());
      if (auto released = release_when_done(sql, one.trace); !released) return released;
    }
    return {};
  };
  co_return co_await commit(store_, std::move(unit));
}

Task<Result<void>> Journal::mirror_failed(RecipientRecord recipient, std::string words,
                                          WallTime due) {
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto done = sql.execute(
        "UPDATE gateway_recipient SET mirror_state = $1, words = $2, attempts = attempts + 1, "
        "due_ms = $3 WHERE id = $4 AND mirror_state <> $5",
        MirrorState::debt, words, to_ms(due), recipient.id, MirrorState::waived);
    if (!done) return fail(done.error());
    return {};
  };
  co_return co_await commit(store_, std::move(unit));
}

}  // namespace tandem::gateway
