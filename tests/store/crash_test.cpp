// I1 and I6 at the level of the store: what was acknowledged is there and intact after any crash.
#include <random>
#include <set>
#include <sys/wait.h>
#include <thread>

#include "tests/store/child.hpp"
#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

StoreOptions small_segments(std::uint64_t bytes) {
  StoreOptions options;
  options.committer.segment_bytes = bytes;
  return options;
}

std::size_t size_of(std::int64_t id) {
  return id % 5 == 0 ? 300'000 : static_cast<std::size_t>(500 + id % 7 * 900);
}

// The child: four threads deliver until they are killed or something fails; each acknowledged id is
// reported. `TEST_LIMIT`: the number of messages per thread.
TEST_CASE("child: delivers until it is killed", "[.child]") {
  auto opened = Store::open(given("TEST_DATA"), schemas(), small_segments(1'000'000));
  if (!opened) return;
  auto& store = **opened;
  const auto first = std::stoll(given("TEST_FIRST")), limit = std::stoll(given("TEST_LIMIT"));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread)
    threads.emplace_back([&, thread] {
      for (std::int64_t n = 0; n < limit; ++n) {
        const auto id = first + n * 4 + thread;
        auto done =
            store.committer().commit_blocking(delivery(store, id, message(id, size_of(id))));
        if (!done) return;
        report(id);
      }
    });
}

std::map<std::string, std::string> orders(const Directory& directory, std::int64_t first,
                                          int limit) {
  return {{"TEST_DATA", directory.data},
          {"TEST_FIRST", std::to_string(first)},
          {"TEST_LIMIT", std::to_string(limit)}};
}

constexpr const char* delivers = "child: delivers until it is killed";

// Opens what the crash left: all rows have their bytes, and all acknowledged ids have rows.
std::set<std::int64_t> check_survivors(const Directory& directory,
                                       const std::vector<std::int64_t>& acknowledged,
                                       std::int64_t from = 0) {
  const auto store = must_open(directory.data, small_segments(1'000'000));
  CHECK(store->damage().empty());
  std::set<std::int64_t> there;
  const auto read = store->read([&](Sql& sql) -> Result<void> {
    auto rows = sql.query("SELECT id, position, size FROM test_mail WHERE id >= $1", from);
    while (rows.next()) {
      const auto id = rows.integer(0);
      there.insert(id);
      if (store->blobs().read(BlobRef::at(rows.integer(1), rows.integer(2))) !=
          message(id, size_of(id)))
        FAIL("message " << id << " is not what it was");
    }
    return rows.status();
  });
  REQUIRE(read);
  for (const auto id : acknowledged)
    if (id >= from && !there.contains(id))
      FAIL("message " << id << " was acknowledged and is lost");
  return there;
}

TEST_CASE("kill -9 at thirty random moments loses nothing that was acknowledged", "[crash]") {
  const Directory directory;
  std::minstd_rand random(20261124);
  std::vector<std::int64_t> acknowledged;
  for (int round = 0; round < 30; ++round) {
    const std::int64_t first = round * 1'000'000 + 1;
    Child child(delivers, orders(directory, first, 100'000));
    std::int64_t id = 0;
    REQUIRE(child.receive(id));
    acknowledged.push_back(id);
    child.receive_for(std::chrono::microseconds(random() % 30'000), acknowledged);
    child.kill();
    child.finish(acknowledged);
    check_survivors(directory, acknowledged, first);
  }
  check_survivors(directory, acknowledged);
  CHECK(acknowledged.size() > 30);
}

TEST_CASE("A crash at each durable step loses nothing that was acknowledged", "[crash]") {
  for (const std::string step : {"store.write", "store.fdatasync", "store.fsync_directory",
                                 "sql.write", "sql.sync", "store.commit", "store.spool"}) {
    for (const auto* occurrence : {"1", "4"}) {
      INFO(step << " " << occurrence);
      const Directory directory;
      auto environment = orders(directory, 1, 30);
      environment["TANDEM_FAULT"] = step + ":" + occurrence + ":kill";
      Child child(delivers, environment);
      std::vector<std::int64_t> acknowledged;
      const auto status = child.finish(acknowledged);
      if (*occurrence == '1') CHECK(WIFSIGNALED(status));
      const auto there = check_survivors(directory, acknowledged);
      CHECK(there.size() >= acknowledged.size());
      // And it goes on from there.
      std::vector<std::int64_t> more;
      Child again(delivers, orders(directory, 1'000'000, 2));
      again.finish(more);
      CHECK(more.size() == 8);
      check_survivors(directory, more, 1'000'000);
    }
  }
}

TEST_CASE("Power loss: only what was flushed is left, and that is all that was acknowledged",
          "[crash]") {
  const Directory directory;
  const auto shadow = (directory.base / "shadow").string();
  std::minstd_rand random(5);
  std::vector<std::int64_t> acknowledged;
  for (int round = 0; round < 10; ++round) {
    const std::int64_t first = round * 1'000'000 + 1;
    auto environment = orders(directory, first, 100'000);
    environment["TANDEM_FAULT_SHADOW"] = directory.data + "=" + shadow;
    Child child(delivers, environment);
    std::int64_t id = 0;
    REQUIRE(child.receive(id));
    acknowledged.push_back(id);
    child.receive_for(std::chrono::microseconds(random() % 30'000), acknowledged);
    child.kill();
    child.finish(acknowledged);
    REQUIRE(fault::power_loss(directory.data, shadow));
    const Armed watch("");  // opening repairs and checkpoints: that is flushed, too
    REQUIRE(fault::shadow(directory.data, shadow));
    check_survivors(directory, acknowledged);
  }
}

TEST_CASE("The power-loss simulation loses what was not flushed", "[crash]") {
  const Directory directory;
  const auto shadow = (directory.base / "shadow").string();
  {
    const Armed watch("");
    REQUIRE(fault::shadow(directory.data, shadow));
    const auto store = must_open(directory.data);
    REQUIRE(store->committer().commit_blocking(delivery(*store, 1, message(1, size_of(1)))));
    REQUIRE(fault::arm("store.fdatasync:1:EIO"));
    CHECK(!store->committer().commit_blocking(delivery(*store, 2, message(2, 9000))));
    CHECK(std::filesystem::file_size(directory.data + "/segments/00000001.seg") > 9000);
    REQUIRE(fault::power_loss(directory.data, shadow));
    CHECK(std::filesystem::file_size(directory.data + "/segments/00000001.seg") < 9000);
  }
}

// The child: compacts, then reports 1.
TEST_CASE("child: compacts", "[.child]") {
  auto store = Store::open(given("TEST_DATA"), schemas(), small_segments(50'000));
  if (store && (*store)->compact(50)) report(1);
}

TEST_CASE("A crash at each step of a compaction loses nothing", "[crash]") {
  const Directory directory;
  constexpr int last = 60;
  {
    const auto store = must_open(directory.data, small_segments(50'000));
    for (int id = 1; id <= last; ++id)
      REQUIRE(store->committer().commit_blocking(delivery(*store, id, message(id, size_of(id)))));
    Unit unit;
    unit.apply = [&](Sql& sql, std::span<const BlobRef>) -> Result<void> {
      for (int id = 1; id <= last; ++id) {
        if (id % 4 == 0) continue;
        if (auto done = release(sql, find(*store, id).value()); !done) return done;
        if (auto gone = sql.execute("DELETE FROM test_mail WHERE id = $1", id); !gone)
          return fail(gone.error());
      }
      return {};
    };
    REQUIRE(store->committer().commit_blocking(std::move(unit)));
  }
  const auto before = std::filesystem::file_size(directory.data + "/segments/00000001.seg");
  CHECK(before > 0);
  // Each child gets as far as one step further than the one before would have, and dies there.
  for (const std::string step :
       {"store.write:2", "store.fdatasync:1", "sql.write:2", "sql.sync:1", "store.commit:1",
        "store.commit:2", "store.unlink:1", "store.commit:3", "store.unlink:2"}) {
    INFO(step);
    std::vector<std::int64_t> reported;
    Child child("child: compacts",
                {{"TEST_DATA", directory.data}, {"TANDEM_FAULT", step + ":kill"}});
    child.finish(reported);
    CHECK(check_survivors(directory, {}).size() == last / 4);
  }
  std::vector<std::int64_t> reported;
  Child child("child: compacts", {{"TEST_DATA", directory.data}});
  child.finish(reported);
  CHECK(reported.size() == 1);
  CHECK(check_survivors(directory, {}).size() == last / 4);
  CHECK(!std::filesystem::exists(directory.data + "/segments/00000001.seg"));
}

}  // namespace
}  // namespace tandem::store::test
