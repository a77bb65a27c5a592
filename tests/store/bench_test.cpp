// Not run by default: `test_store "[.bench]"` prints commits per second.
#include <chrono>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

asio::awaitable<void> deliver_until(Store& store, Clock::time_point end, std::int64_t& next,
                                    std::string bytes) {
  while (Clock::now() < end) {
    const auto refs = co_await store.committer().commit(delivery(store, next++, bytes));
    if (!refs) co_return;
  }
}

TEST_CASE("Commits per second, 5 KB each", "[.bench]") {
  for (const int sessions : {1, 8, 32, 128}) {
    const Directory directory;
    asio::io_context context;
    const auto store = must_open(directory.data);
    std::int64_t next = 1;
    const auto start = Clock::now();
    for (int i = 0; i < sessions; ++i)
      asio::co_spawn(context,
                     deliver_until(*store, start + std::chrono::seconds(3), next, message(i, 5000)),
                     asio::detached);
    context.run();
    const std::chrono::duration<double> took = Clock::now() - start;
    const auto counts = store->committer().counts();
    std::printf("%4d sessions: %8.0f commits/s, %6.0f batches/s, %5.1f units per batch\n", sessions,
                static_cast<double>(counts.units) / took.count(),
                static_cast<double>(counts.batches) / took.count(),
                static_cast<double>(counts.units) / static_cast<double>(counts.batches));
  }
}

}  // namespace
}  // namespace tandem::store::test
