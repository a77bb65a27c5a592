#include "lib/store/sqlite.hpp"
#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

std::unique_ptr<Sql> database(const Directory& directory) {
  auto sql = open_sqlite((directory.base / "t.db").string(), SqliteMode::write);
  REQUIRE(sql);
  REQUIRE(
      (*sql)->script("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT UNIQUE, data BLOB,"
                     " n INTEGER, r REAL)"));
  return std::move(*sql);
}

TEST_CASE("Values of each kind come back as they went") {
  const Directory directory;
  auto sql = database(directory);
  const std::string bytes("\0\x01\xff", 3);
  const std::optional<std::int64_t> none;
  REQUIRE(sql->execute("INSERT INTO t (id, name, data, n, r) VALUES ($1, $2, $3, $4, $5)", 1,
                       std::string("日本"), Blob{bytes}, none, 1.5) == 1);
  REQUIRE(sql->execute("INSERT INTO t (id, name, n) VALUES ($1, $2, $3)", 2, "", true) == 1);
  auto rows = sql->query("SELECT name, data, n, r, typeof(data) FROM t ORDER BY id");
  REQUIRE(rows.next());
  CHECK(rows.text(0) == "日本");
  CHECK(rows.view(1) == bytes);
  CHECK(rows.is_null(2));
  CHECK(rows.real(3) == 1.5);
  CHECK(rows.text(4) == "blob");
  REQUIRE(rows.next());
  CHECK(!rows.is_null(0));
  CHECK(rows.text(0).empty());
  CHECK(rows.integer(2) == 1);
  CHECK(rows.is_null(1));
  CHECK(!rows.next());
  CHECK(rows.status());
}

TEST_CASE("Parameters are told by their number, in any order and more than once") {
  const Directory directory;
  auto sql = database(directory);
  auto rows = sql->query("SELECT $3, $1, $2, $1", 10, "twenty", 30);
  REQUIRE(rows.next());
  CHECK(rows.integer(0) == 30);
  CHECK(rows.integer(1) == 10);
  CHECK(rows.text(2) == "twenty");
  CHECK(rows.integer(3) == 10);
  CHECK(sql->execute("SELECT $1, $2", 1).error().kind == ErrorKind::internal);
  CHECK(sql->execute("SELECT ?", 1).error().kind == ErrorKind::internal);
}

TEST_CASE("UPSERT and RETURNING work, conflicts are told apart from bad texts") {
  const Directory directory;
  auto sql = database(directory);
  const auto id = sql->integer("INSERT INTO t (name) VALUES ($1) RETURNING id", "a");
  REQUIRE(id);
  CHECK(id->value() == 1);
  CHECK(sql->execute("INSERT INTO t (id, name) VALUES (1, 'b') ON CONFLICT (id) DO UPDATE SET"
                     " name = excluded.name") == 1);
  CHECK(sql->text("SELECT name FROM t WHERE id = $1", 1)->value() == "b");
  CHECK(!sql->text("SELECT name FROM t WHERE id = $1", 9)->has_value());
  CHECK(sql->execute("INSERT INTO t (name) VALUES ('b')").error().kind == ErrorKind::conflict);
  CHECK(sql->execute("INSERT INTO nowhere VALUES (1)").error().kind == ErrorKind::internal);
}

TEST_CASE("The same text can be used inside its own loop") {
  const Directory directory;
  auto sql = database(directory);
  for (int i = 0; i < 3; ++i) REQUIRE(sql->execute("INSERT INTO t (n) VALUES ($1)", i));
  int pairs = 0;
  auto outer = sql->query("SELECT n FROM t");
  while (outer.next()) {
    auto inner = sql->query("SELECT n FROM t");
    while (inner.next()) ++pairs;
  }
  CHECK(pairs == 9);
}

TEST_CASE("Savepoints nest and are taken back unless released") {
  const Directory directory;
  auto sql = database(directory);
  {
    auto outer = Savepoint::begin(*sql);
    REQUIRE(outer);
    REQUIRE(sql->execute("INSERT INTO t (n) VALUES (1)"));
    {
      auto inner = Savepoint::begin(*sql);
      REQUIRE(inner);
      REQUIRE(sql->execute("INSERT INTO t (n) VALUES (2)"));
    }
    REQUIRE(outer->release());
  }
  CHECK(!sql->in_transaction());
  CHECK(sql->integer("SELECT sum(n) FROM t")->value() == 1);
}

TEST_CASE("Schema steps are taken once, in order, and all or none") {
  const Directory directory;
  auto sql = database(directory);
  std::vector<Schema> schemas = {{"a", {"CREATE TABLE a_one (x INTEGER)"}}};
  REQUIRE(apply_schemas(*sql, schemas));
  REQUIRE(apply_schemas(*sql, schemas));
  schemas[0].steps.push_back(
      "ALTER TABLE a_one ADD COLUMN y INTEGER; CREATE TABLE a_two (x INTEGER)");
  schemas.push_back({"b", {"CREATE TABLE b_one (x INTEGER)"}});
  REQUIRE(apply_schemas(*sql, schemas));
  CHECK(sql->execute("INSERT INTO a_one (x, y) VALUES (1, 2)") == 1);
  CHECK(sql->integer("SELECT count(*) FROM schema_steps")->value() == 3);

  schemas[0].steps.push_back("CREATE TABLE a_three (x INTEGER)");
  schemas[1].steps.push_back("CREATE TABLE b_one (x INTEGER)");
  CHECK(!apply_schemas(*sql, schemas));
  CHECK(sql->integer("SELECT count(*) FROM schema_steps")->value() == 3);
  CHECK(!sql->execute("INSERT INTO a_three (x) VALUES (1)"));
}

TEST_CASE("A database newer than the program is refused, and said so") {
  const Directory directory;
  auto sql = database(directory);
  const std::vector<Schema> newer = {{"a", {"CREATE TABLE a1 (x)", "CREATE TABLE a2 (x)"}}};
  REQUIRE(apply_schemas(*sql, newer));
  const std::vector<Schema> older = {{"a", {"CREATE TABLE a1 (x)"}},
                                     {"b", {"CREATE TABLE b1 (x)"}}};
  const auto refused = apply_schemas(*sql, older);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::invalid);
  CHECK(refused.error().what.find("newer") != std::string::npos);
  CHECK(sql->integer("SELECT count(*) FROM schema_steps")->value() == 2);
}

}  // namespace
}  // namespace tandem::store::test
