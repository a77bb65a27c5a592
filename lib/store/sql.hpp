// Sql: one connection to the database, behind a seam small enough that PostgreSQL can take SQLite's
// place with the same statement texts: `$1` parameters, UPSERT, RETURNING. Statements are prepared
// once per connection and found again by their text, so texts are constants in the source; values
// only ever arrive as parameters.
//
//   auto changed = sql.execute("UPDATE account SET phase = $1 WHERE id = $2", phase, id);
//   auto rows = sql.query("SELECT id, name FROM account WHERE domain = $1", domain);
//   while (rows.next()) use(rows.integer(0), rows.text(1));
//   if (auto done = rows.status(); !done) return fail(done.error());
//
// Error kinds: conflict (a constraint said no), storage (disk, temporary when it is full or busy),
// internal (a text that is not SQL, a wrong number of parameters). A connection, its rows and its
// savepoints belong to one thread at a time. In a Unit and in Store::read the transaction is the
// caller's: no BEGIN, COMMIT or ROLLBACK; use Savepoint where a part may fail.
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "lib/base/result.hpp"

namespace tandem::store {

// Marks bytes that are no text: `execute("…", Blob{digest})`.
struct Blob {
  std::string_view bytes;
};

// One parameter, as a view: it lives as long as the call it is passed to.
struct Value {
  enum class Type : std::uint8_t { null, integer, real, text, blob };
  Type type = Type::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes;

  Value() = default;
  Value(std::nullptr_t) {}
  Value(std::nullopt_t) {}
  template <std::integral T>
  Value(T number) : type(Type::integer), integer(static_cast<std::int64_t>(number)) {}
  template <class T>
    requires std::is_enum_v<T>
  Value(T value) : type(Type::integer), integer(static_cast<std::int64_t>(value)) {}
  Value(double number) : type(Type::real), real(number) {}
  Value(std::string_view text) : type(Type::text), bytes(text) {}
  Value(const std::string& text) : type(Type::text), bytes(text) {}
  Value(const char* text) : type(Type::text), bytes(text) {}
  Value(Blob blob) : type(Type::blob), bytes(blob.bytes) {}
  template <class T>
  Value(const std::optional<T>& value) {
    if (value) *this = Value(*value);
  }
};

// The backend's side of a running query.
class Cursor {
 public:
  virtual ~Cursor() = default;
  [[nodiscard]] virtual Result<bool> step() = 0;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] virtual std::int64_t integer(int column) const = 0;
  [[nodiscard]] virtual double real(int column) const = 0;
  [[nodiscard]] virtual std::string_view bytes(int column) const = 0;
};

// The rows of a query, one at a time. Columns count from 0; NULL reads as 0 or empty.
class Rows {
 public:
  explicit Rows(Result<std::unique_ptr<Cursor>> cursor);

  // To the next row. False: there is none, or it failed: ask status() after the loop.
  [[nodiscard]] bool next();
  [[nodiscard]] const Result<void>& status() const { return status_; }

  [[nodiscard]] bool is_null(int column) const { return cursor_->is_null(column); }
  [[nodiscard]] std::int64_t integer(int column) const { return cursor_->integer(column); }
  [[nodiscard]] double real(int column) const { return cursor_->real(column); }
  // A copy; view() is good until the next next().
  [[nodiscard]] std::string text(int column) const { return std::string(cursor_->bytes(column)); }
  [[nodiscard]] std::string_view view(int column) const { return cursor_->bytes(column); }
  template <class E>
    requires std::is_enum_v<E>
  [[nodiscard]] E as(int column) const {
    return static_cast<E>(cursor_->integer(column));
  }

 private:
  std::unique_ptr<Cursor> cursor_;
  Result<void> status_;
};

class Sql {
 public:
  virtual ~Sql() = default;

  // Runs a statement to its end; the number of rows it changed.
  template <class... Args>
  [[nodiscard]] Result<std::int64_t> execute(std::string_view text, const Args&... args) {
    const Value values[sizeof...(Args) + 1] = {Value(args)..., Value()};
    return run(text, std::span(values, sizeof...(Args)));
  }
  // Starts a query. An INSERT … RETURNING has done its work once next() was called.
  template <class... Args>
  [[nodiscard]] Rows query(std::string_view text, const Args&... args) {
    const Value values[sizeof...(Args) + 1] = {Value(args)..., Value()};
    return Rows(start(text, std::span(values, sizeof...(Args))));
  }
  // The first column of the first row; nothing when there is no row or it is NULL.
  template <class... Args>
  [[nodiscard]] Result<std::optional<std::int64_t>> integer(std::string_view text,
                                                            const Args&... args) {
    return first_integer(query(text, args...));
  }
  template <class... Args>
  [[nodiscard]] Result<std::optional<std::string>> text(std::string_view text,
                                                        const Args&... args) {
    return first_text(query(text, args...));
  }
  // Several statements without parameters, one after the other (schema steps).
  [[nodiscard]] virtual Result<void> script(std::string_view statements) = 0;
  [[nodiscard]] virtual bool in_transaction() const = 0;

 protected:
  [[nodiscard]] virtual Result<std::int64_t> run(std::string_view text,
                                                 std::span<const Value> values) = 0;
  [[nodiscard]] virtual Result<std::unique_ptr<Cursor>> start(std::string_view text,
                                                              std::span<const Value> values) = 0;

 private:
  static Result<std::optional<std::int64_t>> first_integer(Rows rows);
  static Result<std::optional<std::string>> first_text(Rows rows);
};

// A part of a transaction that can be taken back: leaving the scope without release() does.
class Savepoint {
 public:
  [[nodiscard]] static Result<Savepoint> begin(Sql& sql);
  Savepoint(Savepoint&& other) noexcept : sql_(std::exchange(other.sql_, nullptr)) {}
  Savepoint& operator=(Savepoint&&) = delete;
  ~Savepoint();
  [[nodiscard]] Result<void> release();

 private:
  explicit Savepoint(Sql& sql) : sql_(&sql) {}
  Sql* sql_;
};

}  // namespace tandem::store
