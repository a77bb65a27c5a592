#include "migration/pop3_index.hpp"

#include <algorithm>

#include "lib/store/store.hpp"
#include "migration/pop3_numbering.hpp"

namespace tandem::migration {
namespace {

using store::Sql;

constexpr std::int64_t no_date = INT64_MIN;

Pop3Known known_from(const store::Rows& rows) {
  Pop3Known known;
  known.uid = static_cast<std::uint32_t>(rows.integer(1));
  known.size = static_cast<std::uint64_t>(rows.integer(2));
  if (rows.integer(3) != no_date)
    known.date = imap::DateTime{rows.integer(3), static_cast<std::int16_t>(rows.integer(4))};
  if (rows.integer(5) >= 0) known.listed = static_cast<std::uint64_t>(rows.integer(5));
  known.header = rows.text(6);
  return known;
}

std::uint32_t validity_of(WallTime now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, UINT32_MAX));
}

}  // namespace

Result<Pop3Index::Numbered> Pop3Index::read() const {
  return store_->read([&](Sql& sql) -> Result<Numbered> {
    Numbered all;
    auto box = sql.query(
        "SELECT validity, next FROM migration_pop3_inbox WHERE account = $1 AND side = $2",
        account_, side_);
    if (box.next()) {
      all.validity = static_cast<std::uint32_t>(box.integer(0));
      all.next = static_cast<std::uint32_t>(box.integer(1));
    }
    if (!box.status()) return fail(box.status().error());
    auto rows = sql.query(
        "SELECT id, uid, size, date, zone, listed, header FROM migration_pop3_message "
        "WHERE account = $1 AND side = $2",
        account_, side_);
    while (rows.next()) all.messages.emplace(rows.text(0), known_from(rows));
    if (!rows.status()) return fail(rows.status().error());
    return all;
  });
}

Task<Result<Pop3Index::Numbered>> Pop3Index::number(Numbered known, std::vector<Pop3Seen> seen,
                                                    WallTime now) {
  const bool first = known.validity == 0;
  if (first) known.validity = validity_of(now);
  Pop3Numbering numbering(known, seen);
  numbering.run();
  if (!first && numbering.changed().empty()) co_return known;
  store::Unit unit;
  unit.apply = [&](Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto box = sql.execute(
        "INSERT INTO migration_pop3_inbox (account, side, validity, next) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account, side) DO UPDATE SET next = excluded.next",
        account_, side_, known.validity, known.next);
    if (!box) return fail(box.error());
    return put(sql, numbering);
  };
  const auto committed = co_await store_->committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return known;
}

// Those that lose their id first: it is taken by another.
Result<void> Pop3Index::put(store::Sql& sql, const Pop3Numbering& numbering) const {
  for (const std::uint32_t uid : numbering.displaced()) {
    const auto freed = sql.execute(
        "UPDATE migration_pop3_message SET id = $4 WHERE account = $1 AND side = $2 AND uid = $3",
        account_, side_, uid, Pop3Numbering::key_of_displaced(uid));
    if (!freed) return fail(freed.error());
  }
  constexpr std::string_view insert =
      "INSERT INTO migration_pop3_message (account, side, uid, id, listed, header) "
      "VALUES ($1, $2, $3, $4, $5, $6)";
  constexpr std::string_view update =
      "UPDATE migration_pop3_message SET id = $4, listed = $5, header = $6 "
      "WHERE account = $1 AND side = $2 AND uid = $3";
  for (const Pop3Numbering::Change& one : numbering.changed()) {
    const auto done = sql.execute(one.fresh ? insert : update, account_, side_, one.uid, one.key,
                                  one.listed, one.header);
    if (!done) return fail(done.error());
  }
  return {};
}

Task<Result<void>> Pop3Index::remember(std::vector<Pop3Known> found) {
  if (found.empty()) co_return Result<void>{};
  store::Unit unit;
  unit.apply = [&](Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    for (const Pop3Known& one : found) {
      const std::int64_t date = one.date ? one.date->unix_seconds : no_date;
      const std::int16_t zone = one.date ? one.date->zone_minutes : std::int16_t{0};
      const auto put = sql.execute(
          "UPDATE migration_pop3_message SET size = $4, date = $5, zone = $6, "
          "header = $7 WHERE account = $1 AND side = $2 AND uid = $3",
          account_, side_, one.uid, one.size, date, zone, one.header);
      if (!put) return fail(put.error());
    }
    return {};
  };
  const auto committed = co_await store_->committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return Result<void>{};
}

Result<std::map<std::string, std::uint32_t>> Pop3Index::uids() const {
  const auto all = read();
  if (!all) return fail(all.error());
  std::map<std::string, std::uint32_t> uids;
  for (const auto& [id, known] : all->messages) uids.emplace(id, known.uid);
  return uids;
}

}  // namespace tandem::migration
