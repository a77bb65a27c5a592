#include "migration/pop3_index.hpp"

#include <algorithm>

#include "lib/store/store.hpp"

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
        "SELECT id, uid, size, date, zone FROM migration_pop3_message WHERE account = $1 AND "
        "side = $2",
        account_, side_);
    while (rows.next()) all.messages.emplace(rows.text(0), known_from(rows));
    if (!rows.status()) return fail(rows.status().error());
    return all;
  });
}

Task<Result<Pop3Index::Numbered>> Pop3Index::number(std::vector<std::string> ids, WallTime now) {
  auto all = read();
  if (!all) co_return all;
  std::vector<std::pair<std::string, std::uint32_t>> fresh;
  const bool first = all->validity == 0;
  if (first) all->validity = validity_of(now);
  for (const std::string& id : ids) {
    Pop3Known known;
    known.uid = all->next;
    if (!all->messages.emplace(id, known).second) continue;
    fresh.emplace_back(id, all->next++);
  }
  if (!first && fresh.empty()) co_return all;
  store::Unit unit;
  unit.apply = [&](Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto box = sql.execute(
        "INSERT INTO migration_pop3_inbox (account, side, validity, next) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account, side) DO UPDATE SET next = excluded.next",
        account_, side_, all->validity, all->next);
    if (!box) return fail(box.error());
    for (const auto& [id, uid] : fresh) {
      const auto put = sql.execute(
          "INSERT INTO migration_pop3_message (account, side, id, uid) VALUES ($1, $2, $3, $4)",
          account_, side_, id, uid);
      if (!put) return fail(put.error());
    }
    return {};
  };
  const auto committed = co_await store_->committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return all;
}

Task<Result<void>> Pop3Index::remember(std::vector<Pop3Known> found) {
  if (found.empty()) co_return Result<void>{};
  store::Unit unit;
  unit.apply = [&](Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    for (const Pop3Known& one : found) {
      const std::int64_t date = one.date ? one.date->unix_seconds : no_date;
      const std::int16_t zone = one.date ? one.date->zone_minutes : std::int16_t{0};
      const auto put = sql.execute(
          "UPDATE migration_pop3_message SET size = $4, date = $5, zone = $6 "
          "WHERE account = $1 AND side = $2 AND uid = $3",
          account_, side_, one.uid, one.size, date, zone);
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
