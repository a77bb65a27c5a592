// What the tests of the store share: a directory that goes with its scope, a schema, easy commits.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/store/fault.hpp"
#include "lib/store/store.hpp"

namespace tandem::store::test {

struct Directory {
  Directory() {
    base = std::filesystem::temp_directory_path() / ("tandem-store-" + hex_encode(random_bytes(8)));
    std::filesystem::create_directory(base);
    data = (base / "data").string();
  }
  ~Directory() { std::filesystem::remove_all(base); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::filesystem::path base;
  std::string data;
};

// Faults end with the test that armed them.
struct Armed {
  explicit Armed(std::string_view plan) { REQUIRE(fault::arm(plan)); }
  ~Armed() { fault::disarm(); }
};

inline std::vector<Schema> schemas() {
  return {{"test",
           {"CREATE TABLE test_mail (id INTEGER PRIMARY KEY, position INTEGER NOT NULL UNIQUE,"
            " size INTEGER NOT NULL, digest BLOB NOT NULL)"}}};
}

inline std::unique_ptr<Store> must_open(const std::string& data, StoreOptions options = {}) {
  auto store = Store::open(data, schemas(), options);
  if (!store) FAIL(store.error().to_string());
  return std::move(*store);
}

// The bytes that message `id` has: any size, told by the id alone.
inline std::string message(std::int64_t id, std::size_t size) {
  std::string bytes = "message " + std::to_string(id) + "\r\n";
  while (bytes.size() < size)
    bytes += std::to_string(static_cast<std::uint64_t>(id) * 2654435761U + bytes.size()) + "\r\n";
  bytes.resize(size);
  return bytes;
}

// Stores the message under its id, as a delivery does. Called on any thread, unlike Catch's macros.
inline Unit delivery(const Store& store, std::int64_t id, std::string_view bytes) {
  auto draft = store.draft();
  if (!draft.append(bytes)) std::abort();
  Unit unit;
  unit.apply = [id, digest = draft.digest()](Sql& sql,
                                             std::span<const BlobRef> refs) -> Result<void> {
    const auto done =
        sql.execute("INSERT INTO test_mail (id, position, size, digest) VALUES ($1, $2, $3, $4)",
                    id, refs[0].position(), refs[0].size, Blob{digest});
    if (!done) return fail(done.error());
    return {};
  };
  unit.blobs.push_back(std::move(draft));
  return unit;
}

inline Result<BlobRef> find(const Store& store, std::int64_t id) {
  return store.read([&](Sql& sql) -> Result<BlobRef> {
    auto rows = sql.query("SELECT position, size FROM test_mail WHERE id = $1", id);
    if (!rows.next()) return fail(ErrorKind::not_found, "no such message");
    return BlobRef::at(rows.integer(0), rows.integer(1));
  });
}

inline std::int64_t how_many(const Store& store) {
  const auto count =
      store.read([](Sql& sql) { return sql.integer("SELECT count(*) FROM test_mail"); });
  REQUIRE(count);
  return count->value_or(-1);
}

}  // namespace tandem::store::test
