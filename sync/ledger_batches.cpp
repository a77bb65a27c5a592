// Ledger: batches, from before their first byte until all of them is in the rows.
#include <charconv>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {
namespace {

using store::Sql;

std::string marks_to_text(const std::vector<SourceMark>& marks) {
  std::string text;
  for (const SourceMark& mark : marks) text += fmt::format("{}:{} ", mark.size, mark.date);
  return text;
}

std::vector<SourceMark> marks_from_text(std::string_view text) {
  std::vector<SourceMark> marks;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end) {
    SourceMark mark;
    const auto size = std::from_chars(at, end, mark.size);
    if (size.ec != std::errc() || size.ptr == end) break;
    const auto date = std::from_chars(size.ptr + 1, end, mark.date);
    if (date.ec != std::errc() || date.ptr == end) break;
    marks.push_back(mark);
    at = date.ptr + 1;
  }
  return marks;
}

}  // namespace

Result<std::vector<Batch>> Ledger::batches(std::int64_t folder) const {
  return store_.read([&](Sql& sql) -> Result<std::vector<Batch>> {
    std::vector<Batch> all;
    auto rows = sql.query(
        "SELECT id, target, next, sources, marks, source_validity, target_validity "
        "FROM sync_batch WHERE folder = $1 ORDER BY id",
        folder);
    while (rows.next())
      all.push_back({rows.integer(0), rows.as<Side>(1), static_cast<Uid>(rows.integer(2)),
                     uids_from_text(rows.view(3)), marks_from_text(rows.view(4)),
                     static_cast<std::uint32_t>(rows.integer(5)),
                     static_cast<std::uint32_t>(rows.integer(6))});
    if (!rows.status()) return fail(rows.status().error());
    return all;
  });
}

Task<Result<std::int64_t>> Ledger::open_batch(std::int64_t folder, Batch batch) {
  std::int64_t id = 0;
  Work work = [&](Sql& sql) -> Result<void> {
    const auto made = sql.integer(
        "INSERT INTO sync_batch (folder, target, next, sources, marks, source_validity, "
        "target_validity) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        folder, batch.target, batch.next, uids_to_text(batch.sources), marks_to_text(batch.marks),
        batch.source_validity, batch.target_validity);
    if (!made) return fail(made.error());
    id = made->value_or(0);
    return {};
  };
  const auto opened = co_await commit(std::move(work));
  if (!opened) co_return fail(opened.error());
  co_return id;
}

Task<Result<void>> Ledger::close_batch(std::int64_t folder, Side home, std::int64_t batch,
                                       std::vector<Row> rows, bool wait) {
  store::Unit unit;
  unit.apply = [folder, home, batch, rows = std::move(rows)](
                   Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    if (auto put = put_messages(sql, folder, home, rows); !put) return put;
    return done(sql.execute("DELETE FROM sync_batch WHERE id = $1", batch));
  };
  if (!wait) co_return store_.committer().commit_later(std::move(unit));
  co_return co_await commit_unit(std::move(unit));
}

}  // namespace tandem::sync
