#include <cerrno>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("A plan names steps, occurrences and errors; a misspelt one is refused") {
  {
    const Armed armed("a.step:2:EIO, b.step:2+:ENOSPC");
    CHECK(fault::point("a.step") == 0);
    CHECK(fault::point("a.step") == EIO);
    CHECK(fault::point("a.step") == 0);
    CHECK(fault::point("b.step") == 0);
    CHECK(fault::point("b.step") == ENOSPC);
    CHECK(fault::point("b.step") == ENOSPC);
    CHECK(fault::count("a.step") == 3);
  }
  CHECK(fault::point("a.step") == 0);
  for (const auto* plan : {"a", "a:1", "a:0:EIO", "a:x:EIO", "a:1:EWHAT", ":1:EIO"})
    CHECK(!fault::arm(plan));
}

// The segment file of a fresh store with one message in it.
std::string begin(Store& store, const Directory& directory) {
  REQUIRE(store.committer().commit_blocking(delivery(store, 1, "before")));
  return directory.data + "/segments/00000001.seg";
}

TEST_CASE("A full disk at any write fails the unit, leaves nothing and passes") {
  for (const std::string step : {"store.write", "sql.write"}) {
    for (int occurrence = 1; occurrence <= 4; ++occurrence) {
      INFO(step << " " << occurrence);
      const Directory directory;
      const Armed watch("");
      const auto store = must_open(directory.data);
      const auto file = begin(*store, directory);
      const auto size = fs::file_size(file);
      REQUIRE(fault::arm(step + ":" + std::to_string(occurrence) + ":ENOSPC"));
      const auto refused =
          store->committer().commit_blocking(delivery(*store, 2, message(2, 1'000'000)));
      if (fault::count(step) < static_cast<std::uint64_t>(occurrence)) {
        CHECK(refused);
        continue;
      }
      REQUIRE(!refused);
      CHECK(refused.error().kind == ErrorKind::storage);
      CHECK(refused.error().temporary);
      CHECK(!refused.error().next_step.empty());
      CHECK(fs::file_size(file) == size);
      CHECK(store->committer().writable());
      REQUIRE(store->committer().commit_blocking(delivery(*store, 2, "again")));
      CHECK(store->blobs().read(find(*store, 1).value()) == "before");
      CHECK(store->blobs().read(find(*store, 2).value()) == "again");
    }
  }
}

TEST_CASE("A full disk fails a spilling draft at once") {
  const Directory directory;
  const auto store = must_open(directory.data);
  const Armed armed("store.spool:1:ENOSPC");
  auto draft = store->draft();
  const auto refused = draft.append(message(1, 300'000));
  REQUIRE(!refused);
  CHECK(refused.error().temporary);
}

// After this nobody knows what is on the disk.
void becomes_read_only(const std::string& plan, std::size_t size) {
  INFO(plan << ", " << size);
  const Directory directory;
  {
    const Armed watch("");
    const auto store = must_open(directory.data);
    begin(*store, directory);
    REQUIRE(fault::arm(plan));
    const auto failed = store->committer().commit_blocking(delivery(*store, 2, message(2, size)));
    REQUIRE(!failed);
    CHECK(failed.error().kind == ErrorKind::storage);
    CHECK(!failed.error().temporary);
    REQUIRE(fault::arm(""));  // the disk works again: still nothing is written
    const auto refused = store->committer().commit_blocking(delivery(*store, 3, "after"));
    REQUIRE(!refused);
    CHECK(refused.error().what.find("read-only") != std::string::npos);
    CHECK(!store->committer().commit_later(Unit()));
    CHECK(store->blobs().read(find(*store, 1).value()) == "before");
  }
  const auto store = must_open(directory.data);
  CHECK(store->blobs().read(find(*store, 1).value()) == "before");
  if (const auto doubtful = find(*store, 2))
    CHECK(store->blobs().read(*doubtful) == message(2, size));
  CHECK(!find(*store, 3));
  REQUIRE(store->committer().commit_blocking(delivery(*store, 3, "after")));
  CHECK(store->blobs().read(find(*store, 3).value()) == "after");
}

TEST_CASE("A failed flush makes the store read-only until it is opened again") {
  for (const std::size_t size : {9'000U, 400'000U}) {  // the second is flushed beside the SQL
    becomes_read_only("store.fdatasync:1:EIO", size);
    becomes_read_only("store.fdatasync:1:EIO,sql.write:1:ENOSPC", size);
    becomes_read_only("sql.sync:1:EIO", size);
    becomes_read_only("store.commit:1:EIO", size);
  }
}

TEST_CASE("A full disk during compaction loses nothing and compaction can be repeated") {
  const Directory directory;
  StoreOptions options;
  options.committer.segment_bytes = 50'000;
  const Armed watch("");
  const auto store = must_open(directory.data, options);
  for (int id = 1; id <= 30; ++id)
    REQUIRE(store->committer().commit_blocking(delivery(*store, id, message(id, 6000))));
  Unit unit;
  unit.apply = [&](Sql& sql, std::span<const BlobRef>) -> Result<void> {
    for (int id = 1; id <= 30; ++id) {
      if (id % 3 == 0) continue;
      if (auto done = release(sql, find(*store, id).value()); !done) return done;
      if (auto gone = sql.execute("DELETE FROM test_mail WHERE id = $1", id); !gone)
        return fail(gone.error());
    }
    return {};
  };
  REQUIRE(store->committer().commit_blocking(std::move(unit)));
  for (const auto* plan : {"store.write:1:ENOSPC", "sql.write:1:ENOSPC", "store.write:2:ENOSPC"}) {
    REQUIRE(fault::arm(plan));
    CHECK(!store->compact(50));
    for (int id = 3; id <= 30; id += 3)
      CHECK(store->blobs().read(find(*store, id).value()) == message(id, 6000));
  }
  REQUIRE(fault::arm(""));
  const auto won = store->compact(50);
  REQUIRE(won);
  CHECK(*won > 50'000);
  for (int id = 3; id <= 30; id += 3)
    CHECK(store->blobs().read(find(*store, id).value()) == message(id, 6000));
}

}  // namespace
}  // namespace tandem::store::test
