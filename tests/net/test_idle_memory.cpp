// What an idle proxied session costs: TLS to the client and TLS to the backend, both waiting.
// OpenSSL 3.0 alone takes some 27 KiB for two sessions (its SSL objects 16, ciphers 4, the peer's
// certificate and keys the rest); the bound makes sure that no buffer (17 KiB each) is kept, and
// leaves room for the large coroutine frames of an unoptimised build.
#include <malloc.h>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Task;

Task<void> wait_idle(net::Stream& stream) {
  (void)co_await stream.wait_readable();
}

std::size_t heap_in_use() {
  return mallinfo2().uordblks;
}

constexpr std::size_t sessions = 200;

[[maybe_unused]] Task<void> idle_sessions(TestNet& net, std::size_t* each) {
  std::vector<Pair> pairs;
  pairs.reserve(sessions + 1);
  net::TaskGroup waiting(net.executor());
  std::size_t before = 0;
  for (std::size_t i = 0; i <= sessions; ++i) {
    if (i == 1) before = heap_in_use();  // the first one pays for what all share
    pairs.push_back(co_await make_pair(net, Kind::tls_tcp));
    auto& [client, server] = pairs.back();
    REQUIRE(co_await client->write("a LOGIN\r\n"));
    char room[64];
    REQUIRE(co_await server->read_some(room));
    REQUIRE(co_await server->write("a OK\r\n"));
    REQUIRE(co_await client->read_some(room));
    waiting.spawn(wait_idle(*client));
    waiting.spawn(wait_idle(*server));
    co_await net.timers.settle();
  }
  *each = (heap_in_use() - before) / sessions;
  waiting.cancel();
  co_await waiting.join();
}

}  // namespace

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)
TEST_CASE("an idle session with TLS on both sides keeps no buffers") {
  TestNet net;
  std::size_t each = 0;
  net.run(idle_sessions(net, &each));
  CHECK(each <= 46 * 1024);
}
#endif

}  // namespace tandem::test
