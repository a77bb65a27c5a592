// Two connected streams of every kind, for tests that hold on all of them.
#pragma once

#include <string>
#include <utility>

#include <catch2/catch.hpp>

#include "lib/net/listener.hpp"
#include "lib/net/socket_stream.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/wait.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tls.hpp"

namespace tandem::test {

enum class Kind { memory, tcp, tls_memory, tls_tcp };
inline constexpr Kind every_kind[] = {Kind::memory, Kind::tcp, Kind::tls_memory, Kind::tls_tcp};

inline std::string name_of_kind(Kind kind) {
  constexpr const char* names[] = {"memory", "tcp", "tls over memory", "tls over tcp"};
  return names[static_cast<int>(kind)];
}
inline bool is_tls(Kind kind) {
  return kind == Kind::tls_memory || kind == Kind::tls_tcp;
}

struct Pair {
  net::StreamPtr client;
  net::StreamPtr server;
};

inline net::Task<void> keep_stream(net::StreamPtr stream, net::StreamPtr* kept,
                                   net::WaitList* arrived) {
  *kept = std::move(stream);
  arrived->wake_all();
  co_return;
}

inline net::Task<Pair> tcp_pair(TestNet& net) {
  auto listener = net::Listener::open(net.executor(), "127.0.0.1", 0);
  REQUIRE(listener);
  net::TaskGroup group(net.executor());
  Pair pair;
  net::WaitList arrived;
  net::Listener::Handler handler = [&](net::StreamPtr stream) {
    return keep_stream(std::move(stream), &pair.server, &arrived);
  };
  group.spawn((*listener)->serve(group, handler));
  const net::SocketAddress to = (*listener)->local();
  auto connected = co_await net::connect_tcp(to, "", std::chrono::seconds(5));
  REQUIRE(connected);
  pair.client = std::move(*connected);
  while (!pair.server) (void)co_await arrived.wait();
  group.request_stop();
  co_await group.join();
  co_return pair;
}

inline net::Task<void> accept_tls(net::Stream& stream,
                                  std::shared_ptr<const net::TlsServer> settings,
                                  Result<void>* result) {
  *result = co_await stream.start_tls(std::move(settings));
}

// Both handshakes; REQUIREs nothing: the results are for the caller.
inline net::Task<std::pair<Result<void>, Result<void>>> handshake(
    TestNet& net, Pair& pair, std::shared_ptr<const net::TlsServer> server,
    std::shared_ptr<const net::TlsClient> client) {
  net::TaskGroup group(net.executor());
  std::pair<Result<void>, Result<void>> results;
  group.spawn(accept_tls(*pair.server, std::move(server), &results.second));
  results.first = co_await pair.client->start_tls(std::move(client));
  co_await group.join();
  co_return results;
}

inline net::Task<Pair> make_pair(TestNet& net, Kind kind, std::size_t capacity = 64 * 1024) {
  Pair pair;
  if (kind == Kind::memory || kind == Kind::tls_memory) {
    auto ends = net::make_memory_pair(net.executor(), capacity);
    pair = Pair{std::move(ends.first), std::move(ends.second)};
  } else {
    pair = co_await tcp_pair(net);
  }
  if (is_tls(kind)) {
    static const auto server = tls_server();
    static const auto client = tls_client();
    const auto results = co_await handshake(net, pair, server, client);
    REQUIRE(results.first);
    REQUIRE(results.second);
  }
  co_return pair;
}

}  // namespace tandem::test
