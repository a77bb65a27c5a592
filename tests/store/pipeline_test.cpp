// A batch that is written while the one before it is being committed: what becomes of both.
#include <atomic>
#include <future>
#include <thread>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

constexpr std::size_t much = 400'000;  // bytes: flushed beside the SQL

// The first batch stands in its SQL, the second is written and flushed; then the first goes on.
class TwoInFlight {
 public:
  explicit TwoInFlight(const std::string& data) : store(must_open(data)) {
    REQUIRE(store->committer().commit_blocking(delivery(*store, 1, "before")));
    size_before = std::filesystem::file_size(data + "/segments/00000001.seg");
    flushes_ = fault::count("store.fdatasync");
  }

  // `second` is handed over when `first` is being applied; `meanwhile` runs when it is in flight.
  void run(Unit first, Unit second, std::function<void()> meanwhile = [] {}) {
    first.apply = [this, apply = std::move(first.apply)](
                      Sql& sql, std::span<const BlobRef> refs) mutable -> Result<void> {
      entered_ = true;
      entered_.notify_all();
      open_.wait(false);
      return apply(sql, refs);
    };
    auto one = std::async(std::launch::async,
                          [&] { return store->committer().commit_blocking(std::move(first)); });
    entered_.wait(false);
    auto two = std::async(std::launch::async,
                          [&] { return store->committer().commit_blocking(std::move(second)); });
    while (fault::count("store.fdatasync") < flushes_ + 2) std::this_thread::yield();
    meanwhile();
    open_ = true;
    open_.notify_all();
    first_outcome = one.get();
    second_outcome = two.get();
  }

  std::unique_ptr<Store> store;
  std::uintmax_t size_before = 0;
  Result<BlobRefs> first_outcome, second_outcome;

 private:
  std::uint64_t flushes_ = 0;
  std::atomic<bool> entered_{false};
  std::atomic<bool> open_{false};
};

TEST_CASE("A batch is written while the one before it is committed, and comes after it") {
  const Directory directory;
  const Armed watch("");
  TwoInFlight two(directory.data);
  auto second = delivery(*two.store, 3, message(3, much));
  second.apply = [apply = std::move(second.apply)](
                     Sql& sql, std::span<const BlobRef> refs) mutable -> Result<void> {
    const auto first = sql.integer("SELECT count(*) FROM test_mail WHERE id = 2");
    if (!first || *first != 1) return fail(ErrorKind::internal, "not in order");
    return apply(sql, refs);
  };
  two.run(delivery(*two.store, 2, message(2, much)), std::move(second));
  REQUIRE(two.first_outcome);
  REQUIRE(two.second_outcome);
  CHECK(two.store->blobs().read(find(*two.store, 2).value()) == message(2, much));
  CHECK(two.store->blobs().read(find(*two.store, 3).value()) == message(3, much));
  CHECK(two.store->usage()->dead == 0);
}

TEST_CASE("A COMMIT that finds no room fails what was written after it too, and leaves nothing") {
  const Directory directory;
  const Armed watch("");
  TwoInFlight two(directory.data);
  two.run(delivery(*two.store, 2, message(2, much)), delivery(*two.store, 3, message(3, much)),
          [] { REQUIRE(fault::arm("store.commit:1:ENOSPC")); });
  for (const auto* outcome : {&two.first_outcome, &two.second_outcome}) {
    REQUIRE(!*outcome);
    CHECK(outcome->error().kind == ErrorKind::storage);
    CHECK(outcome->error().temporary);
  }
  CHECK(how_many(*two.store) == 1);
  CHECK(std::filesystem::file_size(directory.data + "/segments/00000001.seg") == two.size_before);
  REQUIRE(two.store->committer().commit_blocking(delivery(*two.store, 2, "again")));
  CHECK(two.store->blobs().read(find(*two.store, 2).value()) == "again");
}

TEST_CASE("A unit that fails alone in its batch fails nobody who was written after it") {
  const Directory directory;
  const Armed watch("");
  TwoInFlight two(directory.data);
  two.run(delivery(*two.store, 1, message(1, much)), delivery(*two.store, 3, message(3, much)));
  REQUIRE(!two.first_outcome);
  CHECK(two.first_outcome.error().kind == ErrorKind::conflict);
  REQUIRE(two.second_outcome);
  CHECK(two.store->usage()->dead > much);  // its blob lies before the other's
  CHECK(two.store->blobs().read(find(*two.store, 1).value()) == "before");
  CHECK(two.store->blobs().read(find(*two.store, 3).value()) == message(3, much));
}

// The flush of the second batch fails while the first one waits for its COMMIT.
TEST_CASE("A failed flush of what was written after it takes nothing from a batch") {
  const Directory directory;
  {
    const Armed armed("store.fdatasync:3:EIO");  // the first is of the message before
    TwoInFlight two(directory.data);
    two.run(delivery(*two.store, 2, message(2, much)), delivery(*two.store, 3, message(3, much)));
    CHECK(two.first_outcome);
    REQUIRE(!two.second_outcome);
    CHECK(!two.second_outcome.error().temporary);
    CHECK(!two.store->committer().writable());
  }
  const auto store = must_open(directory.data);
  CHECK(store->blobs().read(find(*store, 2).value()) == message(2, much));
  CHECK(!find(*store, 3));
}

TEST_CASE("A full disk for one batch and a failed flush for the next: neither is there") {
  const Directory directory;
  {
    const Armed armed("store.fdatasync:3:EIO,store.commit:2:ENOSPC");
    TwoInFlight two(directory.data);
    two.run(delivery(*two.store, 2, message(2, much)), delivery(*two.store, 3, message(3, much)));
    CHECK(!two.first_outcome);
    CHECK(!two.second_outcome);
    CHECK(!two.store->committer().writable());
  }
  const auto store = must_open(directory.data);
  CHECK(how_many(*store) == 1);
  REQUIRE(store->committer().commit_blocking(delivery(*store, 2, message(2, much))));
}

// The COMMIT's outcome is not known: what is after it in flight is not committed either.
TEST_CASE("A COMMIT in doubt ends all that is in flight") {
  const Directory directory;
  {
    const Armed watch("");
    TwoInFlight two(directory.data);
    two.run(delivery(*two.store, 2, message(2, much)), delivery(*two.store, 3, message(3, much)),
            [] { REQUIRE(fault::arm("sql.sync:1:EIO")); });
    CHECK(!two.first_outcome);
    REQUIRE(!two.second_outcome);
    CHECK(two.second_outcome.error().what.find("read-only") != std::string::npos);
  }
  const auto store = must_open(directory.data);
  if (const auto doubtful = find(*store, 2))
    CHECK(store->blobs().read(*doubtful) == message(2, much));
  CHECK(!find(*store, 3));
}

TEST_CASE("New segments that two batches in flight began are taken back with them") {
  const Directory directory;
  StoreOptions options;
  options.committer.segment_bytes = 10'000;
  const Armed watch("");
  const auto store = must_open(directory.data, options);
  REQUIRE(store->committer().commit_blocking(delivery(*store, 1, message(1, 20'000))));
  REQUIRE(fault::arm("store.commit:1+:ENOSPC"));
  std::vector<std::future<bool>> all;
  for (int id = 2; id < 10; ++id)
    all.push_back(std::async(std::launch::async, [&store, id] {
      return store->committer()
          .commit_blocking(delivery(*store, id, message(id, much)))
          .has_value();
    }));
  for (auto& each : all) CHECK(!each.get());
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& file :
       std::filesystem::directory_iterator(directory.data + "/segments"))
    ++files;
  CHECK(files == 1);
  REQUIRE(fault::arm(""));
  for (int id = 2; id < 10; ++id)
    REQUIRE(store->committer().commit_blocking(delivery(*store, id, message(id, much))));
  for (int id = 2; id < 10; ++id)
    CHECK(store->blobs().read(find(*store, id).value()) == message(id, much));
}

}  // namespace
}  // namespace tandem::store::test
