#include "lib/store/sqlite.hpp"

#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include "lib/base/text.hpp"
#include "lib/store/fault.hpp"

namespace tandem::store {
namespace {

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};

struct Prepared {
  std::unique_ptr<sqlite3_stmt, Finalize> statement;
  std::vector<int> numbers;  // SQLite's index of the n-th "$n"; 0: not used
  bool busy = false;
};

// Parameters stay out of it: `statement` is a text of the source, the message names tables only.
Error sqlite_error(sqlite3* database, std::string_view statement) {
  const int code = sqlite3_errcode(database);
  Error error{.kind = ErrorKind::storage,
              .what = std::string("database: ") + sqlite3_errmsg(database) +
                      " in: " + printable(statement, 120)};
  switch (code) {
    case SQLITE_CONSTRAINT: error.kind = ErrorKind::conflict; break;
    case SQLITE_FULL:
      error.temporary = true;
      error.next_step = "Make room on the disk of the data directory";
      break;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM: error.temporary = true; break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: error.next_step = "Restore the data directory from a backup"; break;
    case SQLITE_ERROR:
    case SQLITE_MISUSE:
    case SQLITE_MISMATCH:
    case SQLITE_RANGE: error.kind = ErrorKind::internal; break;
    default: break;
  }
  return error;
}

// Gives the statement back to the cache, ready to be used again.
class Lease {
 public:
  explicit Lease(std::shared_ptr<Prepared> prepared) : prepared_(std::move(prepared)) {
    prepared_->busy = true;
  }
  Lease(Lease&&) noexcept = default;
  Lease& operator=(Lease&&) = delete;
  ~Lease() {
    if (!prepared_) return;
    sqlite3_reset(prepared_->statement.get());
    sqlite3_clear_bindings(prepared_->statement.get());
    prepared_->busy = false;
  }
  [[nodiscard]] sqlite3_stmt* get() const { return prepared_->statement.get(); }
  [[nodiscard]] const Prepared& prepared() const { return *prepared_; }

 private:
  std::shared_ptr<Prepared> prepared_;
};

class SqliteCursor : public Cursor {
 public:
  SqliteCursor(sqlite3* database, Lease lease, std::string_view text)
      : database_(database), lease_(std::move(lease)), text_(text) {}

  Result<bool> step() override {
    if (done_) return false;
    const int code = sqlite3_step(lease_.get());
    if (code == SQLITE_ROW) return true;
    done_ = true;
    if (code == SQLITE_DONE) return false;
    return fail(sqlite_error(database_, text_));
  }
  bool is_null(int column) const override {
    return sqlite3_column_type(lease_.get(), column) == SQLITE_NULL;
  }
  std::int64_t integer(int column) const override {
    return sqlite3_column_int64(lease_.get(), column);
  }
  double real(int column) const override { return sqlite3_column_double(lease_.get(), column); }
  std::string_view bytes(int column) const override {
    const auto* const data = static_cast<const char*>(sqlite3_column_blob(lease_.get(), column));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(lease_.get(), column));
    return data == nullptr ? std::string_view() : std::string_view(data, size);
  }

 private:
  sqlite3* database_;
  Lease lease_;
  std::string text_;
  bool done_ = false;
};

int bind_one(sqlite3_stmt* statement, int index, const Value& value, sqlite3_destructor_type keep) {
  switch (value.type) {
    case Value::Type::null: return sqlite3_bind_null(statement, index);
    case Value::Type::integer: return sqlite3_bind_int64(statement, index, value.integer);
    case Value::Type::real: return sqlite3_bind_double(statement, index, value.real);
    case Value::Type::text:
      return sqlite3_bind_text64(statement, index, value.bytes.data() ? value.bytes.data() : "",
                                 value.bytes.size(), keep, SQLITE_UTF8);
    case Value::Type::blob:
      return sqlite3_bind_blob64(statement, index, value.bytes.data() ? value.bytes.data() : "",
                                 value.bytes.size(), keep);
  }
  return SQLITE_MISUSE;
}

class SqliteConnection : public Sql {
 public:
  explicit SqliteConnection(sqlite3* database) : database_(database) {}
  ~SqliteConnection() override {
    cache_.clear();
    sqlite3_close_v2(database_);
  }

  Result<void> script(std::string_view statements) override {
    const std::string text(statements);
    if (sqlite3_exec(database_, text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      return fail(sqlite_error(database_, statements));
    return {};
  }
  bool in_transaction() const override { return sqlite3_get_autocommit(database_) == 0; }

 protected:
  Result<std::int64_t> run(std::string_view text, std::span<const Value> values) override {
    auto lease = prepare(text, values, SQLITE_STATIC);
    if (!lease) return fail(std::move(lease.error()));
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(lease->get());
    if (code != SQLITE_DONE) return fail(sqlite_error(database_, text));
    return sqlite3_changes64(database_);
  }

  Result<std::unique_ptr<Cursor>> start(std::string_view text,
                                        std::span<const Value> values) override {
    auto lease = prepare(text, values, SQLITE_TRANSIENT);
    if (!lease) return fail(std::move(lease.error()));
    return std::make_unique<SqliteCursor>(database_, std::move(*lease), text);
  }

 private:
  static constexpr std::size_t cached = 512;

  Result<Lease> prepare(std::string_view text, std::span<const Value> values,
                        sqlite3_destructor_type keep) {
    auto found = find(text);
    if (!found) return fail(std::move(found.error()));
    Lease lease(std::move(*found));
    const auto& numbers = lease.prepared().numbers;
    if (numbers.size() != values.size())
      return fail(ErrorKind::internal,
                  "database: wrong number of parameters for: " + printable(text, 120));
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (numbers[i] == 0) continue;
      if (bind_one(lease.get(), numbers[i], values[i], keep) != SQLITE_OK)
        return fail(sqlite_error(database_, text));
    }
    return lease;
  }

  Result<std::shared_ptr<Prepared>> find(std::string_view text) {
    const auto found = cache_.find(std::string(text));
    if (found != cache_.end() && !found->second->busy) return found->second;
    auto made = compile(text);
    if (!made || found != cache_.end()) return made;  // the same text inside its own loop
    if (cache_.size() >= cached) std::erase_if(cache_, [](auto& e) { return !e.second->busy; });
    cache_.emplace(std::string(text), *made);
    return made;
  }

  Result<std::shared_ptr<Prepared>> compile(std::string_view text) {
    auto prepared = std::make_shared<Prepared>();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_, text.data(), static_cast<int>(text.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK)
      return fail(sqlite_error(database_, text));
    prepared->statement.reset(statement);
    // To SQLite "$2" is a name, numbered by first use; to us it is the second value.
    for (int index = 1; index <= sqlite3_bind_parameter_count(statement); ++index) {
      const char* const name = sqlite3_bind_parameter_name(statement, index);
      const auto number = name == nullptr ? std::nullopt : parse_number(std::string_view(name + 1));
      if (!number || *number == 0 || *number > 999)
        return fail(ErrorKind::internal,
                    "database: parameters are $1, $2 … in: " + printable(text, 120));
      if (prepared->numbers.size() < *number) prepared->numbers.resize(*number);
      prepared->numbers[*number - 1] = index;
    }
    return prepared;
  }

  sqlite3* database_;
  std::unordered_map<std::string, std::shared_ptr<Prepared>> cache_;
};

// No mmap_size: SQLite gives the mapping back at each read that finds something new (munmap, and
// the other processors are interrupted for it), which cost a delivery a tenth of its processor
// time.
constexpr std::string_view common_settings =
    "PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;"
    "PRAGMA temp_store = MEMORY;";
// One flush per COMMIT (of the WAL); the database file itself is flushed by checkpoints.
constexpr std::string_view write_settings =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;"
    "PRAGMA wal_autocheckpoint = 2000; PRAGMA journal_size_limit = 67108864;";
constexpr std::string_view read_settings = "PRAGMA query_only = ON; PRAGMA cache_size = -4096;";

}  // namespace

std::string memory_database(const std::string& name) {
  return "file:" + name + "?vfs=memdb";
}

Result<std::unique_ptr<Sql>> open_sqlite(const std::string& path, SqliteMode mode) {
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_READWRITE |
                    (mode == SqliteMode::write ? SQLITE_OPEN_CREATE : 0);
  const bool in_memory = path.starts_with("file:");
  const char* const vfs = fault::armed() && !in_memory ? faulty_vfs() : nullptr;
  sqlite3* database = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &database, flags | (in_memory ? SQLITE_OPEN_URI : 0), vfs);
  if (code != SQLITE_OK) {
    auto error = sqlite_error(database, path);
    sqlite3_close_v2(database);
    return fail(std::move(error));
  }
  sqlite3_extended_result_codes(database, 0);
  auto connection = std::make_unique<SqliteConnection>(database);
  for (const auto settings :
       {common_settings, mode == SqliteMode::write ? write_settings : read_settings})
    if (auto set = connection->script(settings); !set) return fail(std::move(set.error()));
  if (in_memory)  // without WAL, and without a journal file
    if (auto set = connection->script("PRAGMA journal_mode = MEMORY;"); !set)
      return fail(set.error());
  return connection;
}

}  // namespace tandem::store
