#include "lib/store/schema.hpp"

#include <fmt/core.h>

namespace tandem::store {
namespace {

Result<void> apply_one(Sql& sql, const Schema& schema) {
  const auto taken =
      sql.integer("SELECT max(step) FROM schema_steps WHERE component = $1", schema.component);
  if (!taken) return fail(taken.error());
  const auto have = static_cast<std::size_t>(taken->value_or(0));
  if (have > schema.steps.size())
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = fmt::format(
                          "the database is newer than this program: {} is at step {}, known are {}",
                          schema.component, have, schema.steps.size()),
                      .next_step = "Use the version of the program that wrote it, or a later one"});
  for (auto step = have; step < schema.steps.size(); ++step) {
    if (auto done = sql.script(schema.steps[step]); !done) {
      auto error = done.error();
      error.what = fmt::format("schema step {} {}: {}", schema.component, step + 1, error.what);
      return fail(std::move(error));
    }
    auto noted = sql.execute("INSERT INTO schema_steps (component, step) VALUES ($1, $2)",
                             schema.component, step + 1);
    if (!noted) return fail(noted.error());
  }
  return {};
}

Result<void> apply_all(Sql& sql, std::span<const Schema> schemas) {
  auto table = sql.script(
      "CREATE TABLE IF NOT EXISTS schema_steps (component TEXT NOT NULL, step INTEGER NOT NULL,"
      " PRIMARY KEY (component, step))");
  if (!table) return table;
  for (const auto& schema : schemas)
    if (auto done = apply_one(sql, schema); !done) return done;
  return {};
}

}  // namespace

Result<void> apply_schemas(Sql& sql, std::span<const Schema> schemas) {
  auto savepoint = Savepoint::begin(sql);
  if (!savepoint) return fail(savepoint.error());
  if (auto done = apply_all(sql, schemas); !done) return done;
  return savepoint->release();
}

}  // namespace tandem::store
