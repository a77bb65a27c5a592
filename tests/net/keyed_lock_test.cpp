#include "lib/net/keyed_lock.hpp"

#include <string>

#include <catch2/catch.hpp>

#include "lib/net/runtime.hpp"
#include "lib/net/wait.hpp"
#include "tests/support/run.hpp"

namespace tandem::net {
namespace {

Task<void> hold_twice(KeyedLock& lock, std::int64_t key, char name, std::string& order) {
  for (int round = 0; round < 2; ++round) {
    const auto guard = co_await lock.lock(key);
    order += name;
    co_await yield_now();
    order += name;
  }
}

Task<void> contend(test::TestNet& net, KeyedLock& lock, std::string& order) {
  net.group.spawn(hold_twice(lock, 1, 'a', order));
  net.group.spawn(hold_twice(lock, 1, 'b', order));
  co_await net.group.join();
}

Task<void> count_up(KeyedLock& lock, int& counter) {
  for (int i = 0; i < 500; ++i) {
    const auto guard = co_await lock.lock(7);
    const int seen = counter;
    co_await yield_now();
    counter = seen + 1;  // without the lock, threads would overwrite each other's count
  }
}

Task<int> count_up_there(KeyedLock& lock, int& counter) {
  co_await count_up(lock, counter);
  co_return 0;
}

struct There {
  KeyedLock& lock;
  int& counter;
  Task<int> operator()() const { return count_up_there(lock, counter); }
};

Task<void> from_two_threads(Runtime& runtime, KeyedLock& lock, int& counter) {
  TaskGroup group(runtime.executor(0));
  group.spawn(count_up(lock, counter));
  const There there{lock, counter};
  const std::function<Task<int>()> work = there;
  const Executor other = runtime.executor(1);
  co_await run_on<int>(other, work);
  co_await group.join();
}

}  // namespace

TEST_CASE("keyed lock: holders of one key do not overlap and take turns") {
  test::TestNet net;
  KeyedLock lock;
  std::string order;
  net.run(contend(net, lock, order));
  CHECK(order == "aabbaabb");
}

TEST_CASE("keyed lock: other keys go on") {
  test::TestNet net;
  KeyedLock lock;
  net.run([](KeyedLock& it) -> Task<void> {
    const auto one = co_await it.lock(1);
    const auto two = co_await it.lock(2);
    CHECK(one.holds());
    CHECK(two.holds());
  }(lock));
}

TEST_CASE("keyed lock: it holds across threads") {
  Runtime runtime(2);
  KeyedLock lock;
  int counter = 0;
  runtime.run(from_two_threads(runtime, lock, counter));
  CHECK(counter == 1000);
}

}  // namespace tandem::net
