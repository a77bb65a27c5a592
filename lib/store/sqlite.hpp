// SQLite behind Sql. The only files that see sqlite3.h are sqlite.cpp and sqlite_vfs.cpp.
#pragma once

#include <memory>
#include <string>

#include "lib/store/sql.hpp"

namespace tandem::store {

enum class SqliteMode : std::uint8_t {
  write,  // created if missing; WAL, synchronous=FULL, foreign keys
  read,   // query only
};

[[nodiscard]] Result<std::unique_ptr<Sql>> open_sqlite(const std::string& path, SqliteMode mode);

// The path of a database in memory, shared by the connections of this process that name it alike.
[[nodiscard]] std::string memory_database(const std::string& name);

// The name of a VFS that passes "sql.write" and "sql.sync" through the fault points; null: failed.
[[nodiscard]] const char* faulty_vfs();

}  // namespace tandem::store
