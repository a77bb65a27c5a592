#include <cstdio>
#include <set>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

namespace fs = std::filesystem;

StoreOptions small_segments() {
  StoreOptions options;
  options.committer.segment_bytes = 50'000;
  return options;
}

void deliver_range(Store& store, int first, int last) {
  for (int id = first; id <= last; ++id)
    REQUIRE(store.committer().commit_blocking(delivery(store, id, message(id, 6000))));
}

// Drops the messages for which `dead` says so, as an expunge does.
template <class F>
void expunge(Store& store, int last, F dead) {
  Unit unit;
  unit.apply = [&](Sql& sql, std::span<const BlobRef>) -> Result<void> {
    for (int id = 1; id <= last; ++id) {
      if (!dead(id)) continue;
      const auto ref = find(store, id);
      if (!ref) continue;
      if (auto done = release(sql, *ref); !done) return done;
      if (auto again = release(sql, *ref); !again) return again;  // harmless
      if (auto gone = sql.execute("DELETE FROM test_mail WHERE id = $1", id); !gone)
        return fail(gone.error());
    }
    return {};
  };
  REQUIRE(store.committer().commit_blocking(std::move(unit)));
}

void check_all(const Store& store) {
  const auto ids = store.read([](Sql& sql) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> all;
    auto rows = sql.query("SELECT id FROM test_mail");
    while (rows.next()) all.push_back(rows.integer(0));
    return all;
  });
  REQUIRE(ids);
  for (const auto id : *ids) {
    const auto ref = find(store, id);
    REQUIRE(ref);
    CHECK(store.blobs().verify(*ref));
    CHECK(store.blobs().read(*ref) == message(id, 6000));
  }
  std::set<std::int64_t> names;
  CHECK(store.each_blob([&](BlobRef name) -> Result<void> {
    names.insert(name.position());
    return {};
  }));
  std::set<std::int64_t> expected;
  for (const auto id : *ids) expected.insert(find(store, id)->position());
  CHECK(names == expected);
}

std::uint64_t files(const Directory& directory) {
  std::uint64_t count = 0;
  for (const auto& entry : fs::directory_iterator(directory.data + "/segments"))
    count += entry.is_regular_file() ? 1 : 0;
  return count;
}

TEST_CASE("Compaction wins space back; refs stay good, again and again") {
  const Directory directory;
  auto store = must_open(directory.data, small_segments());
  deliver_range(*store, 1, 60);
  expunge(*store, 60, [](int id) { return id % 5 != 0; });
  const auto before = store->usage().value();
  CHECK(before.dead >= 40 * 6000);
  const auto won = store->compact(50);
  REQUIRE(won);
  CHECK(*won >= 35 * 6000);
  check_all(*store);
  CHECK(store->usage()->segments == files(directory));
  CHECK(store->usage()->bytes < before.bytes / 2);

  // The copies die too: what was moved once is moved twice.
  deliver_range(*store, 61, 80);
  expunge(*store, 80, [](int id) { return id % 10 != 0; });
  REQUIRE(store->compact(30));
  check_all(*store);
  store.reset();
  store = must_open(directory.data, small_segments());
  check_all(*store);
  CHECK(how_many(*store) == 8);
  expunge(*store, 80, [](int) { return true; });
  REQUIRE(store->compact(1));
  CHECK(files(directory) <= 1);  // the one that is appended to
  const auto left =
      store->read([](Sql& sql) { return sql.integer("SELECT count(*) FROM store_moved"); });
  CHECK(left->value() == 0);
}

TEST_CASE("A reader keeps its bytes while its segment is compacted away") {
  const Directory directory;
  const auto store = must_open(directory.data, small_segments());
  deliver_range(*store, 1, 20);
  const auto first = find(*store, 1).value();
  auto reader = store->blobs().open(first);
  REQUIRE(reader);
  expunge(*store, 20, [](int) { return true; });
  REQUIRE(store->compact(50));
  CHECK(reader->next() == message(1, 6000));
  CHECK(store->blobs().read(first).error().kind == ErrorKind::not_found);
}

TEST_CASE("A damaged record keeps its segment from being removed") {
  const Directory directory;
  const auto store = must_open(directory.data, small_segments());
  deliver_range(*store, 1, 20);
  expunge(*store, 20, [](int id) { return id != 2; });
  const auto ref = find(*store, 2).value();
  {
    const auto path = directory.data + "/segments/00000001.seg";
    FILE* const file = std::fopen(path.c_str(), "r+");
    REQUIRE(file != nullptr);
    std::fseek(file, static_cast<long>(ref.offset) + 100, SEEK_SET);
    std::fputc('!', file);
    std::fclose(file);
  }
  CHECK(store->compact(50).error().kind == ErrorKind::storage);
  CHECK(fs::exists(directory.data + "/segments/00000001.seg"));
}

}  // namespace
}  // namespace tandem::store::test
