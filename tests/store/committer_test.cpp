#include <array>
#include <atomic>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

namespace asio = boost::asio;

struct Tally {
  std::atomic<int> good{0};
  std::atomic<int> bad{0};
  std::atomic<int> elsewhere{0};  // resumed on another thread
};

asio::awaitable<void> deliver(Store& store, std::int64_t first, int count, Tally& tally) {
  const auto home = std::this_thread::get_id();
  for (std::int64_t id = first; id < first + count; ++id) {
    const auto refs = co_await store.committer().commit(delivery(store, id, message(id, 5000)));
    ++(refs && refs->size() == 1 ? tally.good : tally.bad);
    if (std::this_thread::get_id() != home) ++tally.elsewhere;
  }
}

TEST_CASE("Many sessions on several threads commit; each is resumed on its own thread") {
  const Directory directory;
  constexpr int threads = 3, sessions = 10, each = 5;
  {
    std::array<asio::io_context, threads> contexts;
    const auto store = must_open(directory.data);
    Tally tally;
    for (int t = 0; t < threads; ++t)
      for (int s = 0; s < sessions; ++s)
        asio::co_spawn(contexts[t], deliver(*store, 1 + (t * sessions + s) * each, each, tally),
                       asio::detached);
    {
      std::vector<std::jthread> running;
      for (auto& context : contexts) running.emplace_back([&] { context.run(); });
    }
    CHECK(tally.good == threads * sessions * each);
    CHECK(tally.bad == 0);
    CHECK(tally.elsewhere == 0);
    CHECK(store->committer().counts().units == threads * sessions * each);
  }
  const auto store = must_open(directory.data);
  REQUIRE(how_many(*store) == threads * sessions * each);
  for (std::int64_t id = 1; id <= threads * sessions * each; ++id) {
    const auto ref = find(*store, id);
    REQUIRE(ref);
    CHECK(store->blobs().read(*ref) == message(id, 5000));
  }
}

// Holds the committer's thread inside a unit, so that what comes meanwhile makes one batch.
class Gate {
 public:
  Unit unit() {
    Unit gate;
    gate.apply = [this](Sql&, std::span<const BlobRef>) -> Result<void> {
      entered_ = true;
      entered_.notify_all();
      open_.wait(false);
      return {};
    };
    return gate;
  }
  void wait_until_entered() { entered_.wait(false); }
  void open() {
    open_ = true;
    open_.notify_all();
  }

 private:
  std::atomic<bool> entered_{false};
  std::atomic<bool> open_{false};
};

// Runs `count` deliveries that all wait when the committer becomes free.
void together(asio::io_context& context, Store& store, int count, Tally& tally) {
  Gate gate;
  std::atomic<bool> held{false};
  std::thread holder([&] { held = store.committer().commit_blocking(gate.unit()).has_value(); });
  gate.wait_until_entered();
  for (int i = 0; i < count; ++i)
    asio::co_spawn(context, deliver(store, 1 + i, 1, tally), asio::detached);
  context.poll();  // all have handed over; none can be answered yet
  gate.open();
  context.run();
  holder.join();
  CHECK(held);
}

TEST_CASE("Ten deliveries at once cost two flushes, not twenty") {
  asio::io_context context;  // outlives the store
  const Directory directory;
  const Armed watch("");
  const auto store = must_open(directory.data);
  REQUIRE(store->committer().commit_blocking(delivery(*store, 100, "the segment is there")));
  const auto before = store->committer().counts();
  const auto synced = fault::count("sql.sync"), flushed = fault::count("store.fdatasync");
  Tally tally;
  together(context, *store, 10, tally);
  CHECK(tally.good == 10);
  const auto after = store->committer().counts();
  // The gate's own batch had no blobs: one COMMIT.
  CHECK(after.batches - before.batches == 2);
  CHECK(after.flushes - before.flushes == 1 + 2);
  CHECK(fault::count("sql.sync") - synced == 2 - 1);  // an empty COMMIT writes nothing
  CHECK(fault::count("store.fdatasync") - flushed == 1);
}

TEST_CASE("A unit that fails fails alone, and leaves nothing") {
  asio::io_context context;  // outlives the store
  const Directory directory;
  const auto store = must_open(directory.data);
  REQUIRE(store->committer().commit_blocking(delivery(*store, 5, "taken")));
  Tally tally;
  together(context, *store, 10, tally);  // id 5 is a conflict
  CHECK(tally.good == 9);
  CHECK(tally.bad == 1);
  CHECK(how_many(*store) == 10);
  CHECK(store->blobs().read(find(*store, 5).value()) == "taken");
  CHECK(store->usage()->dead > 5000);  // its blob lies between the others

  Unit half;
  half.apply = [](Sql& sql, std::span<const BlobRef>) -> Result<void> {
    (void)sql.execute("DELETE FROM test_mail");
    throw std::runtime_error("a bug");
  };
  const auto thrown = store->committer().commit_blocking(std::move(half));
  REQUIRE(!thrown);
  CHECK(thrown.error().kind == ErrorKind::internal);
  CHECK(how_many(*store) == 10);
}

TEST_CASE("A unit alone that fails takes its blob with it") {
  const Directory directory;
  const auto store = must_open(directory.data);
  REQUIRE(store->committer().commit_blocking(delivery(*store, 1, "one")));
  const auto file = directory.data + "/segments/00000001.seg";
  const auto size = std::filesystem::file_size(file);
  const auto refused = store->committer().commit_blocking(delivery(*store, 1, message(1, 100000)));
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(std::filesystem::file_size(file) == size);
  CHECK(store->usage()->dead == 0);
}

TEST_CASE("What nobody waits for is durable before what comes after it, and at the end") {
  const Directory directory;
  {
    const auto store = must_open(directory.data);
    REQUIRE(store->committer().commit_later(delivery(*store, 1, "later")));
    REQUIRE(store->committer().commit_blocking(delivery(*store, 2, "now")));
    CHECK(how_many(*store) == 2);
    REQUIRE(store->committer().commit_later(delivery(*store, 3, "last")));
    store->committer().stop();
    const auto refused = store->committer().commit_blocking(delivery(*store, 4, "late"));
    REQUIRE(!refused);
    CHECK(refused.error().kind == ErrorKind::cancelled);
  }
  CHECK(how_many(*must_open(directory.data)) == 3);
}

TEST_CASE("Readers see a snapshot while others commit") {
  const Directory directory;
  const auto store = must_open(directory.data);
  const auto seen = store->read([&](Sql& sql) -> Result<std::int64_t> {
    const auto before = sql.integer("SELECT count(*) FROM test_mail");
    REQUIRE(store->committer().commit_blocking(delivery(*store, 1, "new")));
    CHECK(how_many(*store) == 0);  // nested: the same snapshot
    const auto after = sql.integer("SELECT count(*) FROM test_mail");
    CHECK(before->value() == after->value());
    CHECK(!sql.execute("DELETE FROM test_mail"));
    return after->value();
  });
  CHECK(seen == 0);
  CHECK(how_many(*store) == 1);
}

}  // namespace
}  // namespace tandem::store::test
