// The listener: many short connections, TLS from the first byte, limits, stopping.
#include <sys/resource.h>

#include <catch2/catch.hpp>

#include "lib/base/log.hpp"
#include "lib/net/listener.hpp"
#include "lib/net/wait.hpp"
#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Listener;
using net::StreamPtr;
using net::Task;
using std::chrono::seconds;

Task<void> greet(StreamPtr stream) {
  if (!co_await stream->write("220 hello\r\n")) co_return;
  char room[64];
  (void)co_await stream->read_some(room);
  stream->close();
}

Task<std::string> read_greeting(net::Stream& stream) {
  char room[64];
  const auto count = co_await stream.read_some(room);
  if (!count) co_return std::string(name_of(count.error().kind));
  co_return std::string(room, *count);
}

Task<void> short_connections(net::SocketAddress to, int count, int& greeted) {
  for (int i = 0; i < count; ++i) {
    auto stream = co_await net::connect_tcp(to, "", seconds(5));
    if (!stream) continue;
    if (co_await read_greeting(**stream) == "220 hello\r\n") ++greeted;
    (void)co_await (*stream)->write("QUIT\r\n");
  }
}

Task<void> thousand(TestNet& net) {
  auto listener = Listener::open(net.executor(), "127.0.0.1", 0);
  REQUIRE(listener);
  net::TaskGroup server(net.executor());
  server.spawn((*listener)->serve(server, greet));
  int greeted = 0;
  for (int i = 0; i < 10; ++i)
    net.group.spawn(short_connections((*listener)->local(), 100, greeted));
  co_await net.group.join();
  CHECK(greeted == 1000);
  server.request_stop();
  co_await server.join();
  CHECK(server.running() == 0);
  auto refused = co_await net::connect_tcp((*listener)->local(), "", seconds(5));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::unreachable);
}

Task<void> implicit_tls(TestNet& net) {
  net::ListenerOptions options;
  options.implicit_tls = tls_server("imap");
  options.handshake_limit = seconds(10);
  auto listener = Listener::open(net.executor(), "::1", 0, options);
  REQUIRE(listener);
  net::TaskGroup server(net.executor());
  server.spawn((*listener)->serve(server, greet));
  auto stream = co_await net::connect_tcp((*listener)->local(), "", seconds(5));
  REQUIRE(stream);
  const auto settings = tls_client("localhost", "imap");
  REQUIRE(co_await (*stream)->start_tls(settings));
  CHECK(co_await read_greeting(**stream) == "220 hello\r\n");
  auto silent = co_await net::connect_tcp((*listener)->local(), "", seconds(5));
  REQUIRE(silent);
  co_await net.timers.settle();
  co_await net.timers.pass(seconds(11));
  CHECK(co_await read_greeting(**silent) == "");  // closed by the limit
  server.request_stop();
  (*stream)->close();
  co_await server.join();
}

// One that never says a word of TLS holds its place all the same.
Task<void> limited(TestNet& net, bool tls) {
  net::AddressLimit limit(1);
  net::ListenerOptions options;
  options.limit = &limit;
  if (tls) options.implicit_tls = tls_server("imap");
  auto listener = Listener::open(net.executor(), "::", 0, options);  // takes IPv4 too
  REQUIRE(listener);
  net::TaskGroup server(net.executor());
  server.spawn((*listener)->serve(server, greet));
  const net::SocketAddress to{"127.0.0.1", (*listener)->port()};
  auto first = co_await net::connect_tcp(to, "", seconds(5));
  REQUIRE(first);
  if (!tls) CHECK(co_await read_greeting(**first) == "220 hello\r\n");
  auto second = co_await net::connect_tcp(to, "", seconds(5));
  REQUIRE(second);
  CHECK(co_await read_greeting(**second) == "");
  auto neighbour = co_await net::connect_tcp(to, "127.0.0.2", seconds(5));
  REQUIRE(neighbour);
  if (!tls) CHECK(co_await read_greeting(**neighbour) == "220 hello\r\n");
  if (tls) co_await net.timers.settle();
  (*first)->close();
  (*neighbour)->close();
  while (limit.count().open > 0) co_await net::yield_now();
  auto third = co_await net::connect_tcp(to, "", seconds(5));
  REQUIRE(third);
  if (tls) {
    const auto settings = tls_client("localhost", "imap");
    REQUIRE(co_await (*third)->start_tls(settings));
  }
  CHECK(co_await read_greeting(**third) == "220 hello\r\n");
  server.cancel();
  co_await server.join();
}

Task<void> out_of_descriptors(TestNet& net) {
  auto listener = Listener::open(net.executor(), "127.0.0.1", 0);
  REQUIRE(listener);
  net::TaskGroup server(net.executor());
  server.spawn((*listener)->serve(server, greet));
  auto stream = co_await net::connect_tcp((*listener)->local(), "", seconds(5));
  REQUIRE(stream);
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  rlimit none = before;
  none.rlim_cur = 3;  // no new descriptor; those open go on
  setrlimit(RLIMIT_NOFILE, &none);
  log::start(log::Level::off);
  co_await net.timers.pass(seconds(5));
  log::start(log::Level::warning);
  setrlimit(RLIMIT_NOFILE, &before);
  co_await net.timers.pass(seconds(1));
  CHECK(co_await read_greeting(**stream) == "220 hello\r\n");
  server.cancel();
  co_await server.join();
}

}  // namespace

TEST_CASE("a thousand short connections are all served, and stopping ends the listening") {
  TestNet net;
  net.run(thousand(net));
}

TEST_CASE("TLS from the first byte, within a limit") {
  TestNet net;
  net.run(implicit_tls(net));
}

TEST_CASE("T-18 an address has its connections and no more, the handshake counted") {
  for (const bool tls : {false, true}) {
    CAPTURE(tls);
    TestNet net;
    net.run(limited(net, tls));
  }
}

TEST_CASE("out of descriptors the listener pauses and goes on") {
  TestNet net;
  net.run(out_of_descriptors(net));
}

TEST_CASE("two listeners share a port when they say so") {
  TestNet net;
  net::ListenerOptions shared;
  shared.reuse_port = true;
  auto first = Listener::open(net.executor(), "127.0.0.1", 0, shared);
  REQUIRE(first);
  CHECK(Listener::open(net.executor(), "127.0.0.1", (*first)->port(), shared));
  const auto taken = Listener::open(net.executor(), "127.0.0.1", (*first)->port());
  REQUIRE_FALSE(taken);
  CHECK(taken.error().kind == ErrorKind::unreachable);
  const auto no_address = Listener::open(net.executor(), "localhost", 0);
  REQUIRE_FALSE(no_address);
  CHECK(no_address.error().kind == ErrorKind::invalid);
}

}  // namespace tandem::test
