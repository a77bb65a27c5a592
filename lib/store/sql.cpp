#include "lib/store/sql.hpp"

namespace tandem::store {

Rows::Rows(Result<std::unique_ptr<Cursor>> cursor) {
  if (cursor)
    cursor_ = std::move(*cursor);
  else
    status_ = fail(std::move(cursor.error()));
}

bool Rows::next() {
  if (!cursor_ || !status_) return false;
  auto more = cursor_->step();
  if (!more) status_ = fail(std::move(more.error()));
  if (more && *more) return true;
  return false;
}

Result<std::optional<std::int64_t>> Sql::first_integer(Rows rows) {
  if (rows.next() && !rows.is_null(0)) return rows.integer(0);
  if (!rows.status()) return fail(rows.status().error());
  return std::nullopt;
}

Result<std::optional<std::string>> Sql::first_text(Rows rows) {
  if (rows.next() && !rows.is_null(0)) return rows.text(0);
  if (!rows.status()) return fail(rows.status().error());
  return std::nullopt;
}

// Savepoints of one name nest: RELEASE and ROLLBACK TO mean the innermost.
Result<Savepoint> Savepoint::begin(Sql& sql) {
  if (auto begun = sql.execute("SAVEPOINT tandem"); !begun) return fail(std::move(begun.error()));
  return Savepoint(sql);
}

Result<void> Savepoint::release() {
  auto* const sql = std::exchange(sql_, nullptr);
  if (auto released = sql->execute("RELEASE tandem"); !released)
    return fail(std::move(released.error()));
  return {};
}

Savepoint::~Savepoint() {
  if (sql_ == nullptr || !sql_->in_transaction()) return;
  // Failing here means that the whole transaction is gone already, which is what is wanted.
  if (sql_->execute("ROLLBACK TO tandem")) (void)sql_->execute("RELEASE tandem");
}

}  // namespace tandem::store
