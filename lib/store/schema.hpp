// The schema of each room that keeps data, as numbered steps that are only ever added to: step n of
// a component leads from its version n-1 to n, and a released step is never edited. The table
// `schema_steps` says which have been taken. Table names start with the component's name.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/store/sql.hpp"

namespace tandem::store {

struct Schema {
  std::string component;           // "server", "gateway", "sync" …
  std::vector<std::string> steps;  // each one or more SQL statements
};

// Takes the missing steps of all components in one transaction. Fails with kind `invalid` when the
// database has more steps than this program knows (it was used by a newer one): nothing is changed.
[[nodiscard]] Result<void> apply_schemas(Sql& sql, std::span<const Schema> schemas);

}  // namespace tandem::store
