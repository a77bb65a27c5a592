// Stream's promises, each on memory, TCP, and TLS over both.
#include <string>

#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Stream;
using net::Task;
using std::chrono::seconds;

std::string outcome(const Result<void>& result) {
  return result ? "ok" : std::string(name_of(result.error().kind));
}

Task<void> write_note(Stream& to, std::string bytes, std::string& log) {
  log += outcome(co_await to.write(bytes));
}

Task<void> read_note(Stream& from, std::string& log) {
  char room[16];
  const auto count = co_await from.read_some(room);
  log += count ? std::string(room, *count) : std::string(name_of(count.error().kind));
}

Task<void> ready_note(Stream& from, std::string& log) {
  log += outcome(co_await from.wait_readable());
}

Task<std::string> read_to_end(Stream& from) {
  std::string all;
  std::string room(7001, '\0');
  for (;;) {
    const auto count = co_await from.read_some(room);
    if (!count) co_return "error: " + count.error().to_string();
    if (*count == 0) co_return all;
    all.append(room, 0, *count);
  }
}

Task<void> echo(Stream& stream, std::string& log) {
  std::string room(4096, '\0');
  for (;;) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) break;
    if (!co_await stream.write(std::string_view(room).substr(0, *count))) break;
  }
  log += outcome(co_await stream.shutdown_send());
}

Task<void> write_and_end(Stream& stream, std::string bytes, std::string& log) {
  log += outcome(co_await stream.write(bytes));
  log += outcome(co_await stream.shutdown_send());
}

// Two coroutines on one stream, more bytes than any buffer holds: full duplex and back-pressure.
Task<void> megabyte(TestNet& net, Kind kind) {
  auto pair = co_await make_pair(net, kind);
  std::string sent(1'500'000, '\0');
  for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 7 + i / 251);
  std::string log;
  net.group.spawn(echo(*pair.server, log));
  net.group.spawn(write_and_end(*pair.client, sent, log));
  const std::string got = co_await read_to_end(*pair.client);
  CHECK(got == sent);
  co_await net.group.join();
  CHECK(log == "okokok");
}

Task<void> half_close(TestNet& net, Kind kind) {
  auto pair = co_await make_pair(net, kind);
  REQUIRE(co_await pair.client->write("LOGOUT\r\n"));
  REQUIRE(co_await pair.client->shutdown_send());
  REQUIRE(co_await pair.client->shutdown_send());
  CHECK(co_await read_to_end(*pair.server) == "LOGOUT\r\n");
  REQUIRE(co_await pair.server->write("* BYE\r\n"));
  REQUIRE(co_await pair.server->shutdown_send());
  CHECK(co_await read_to_end(*pair.client) == "* BYE\r\n");
  CHECK(outcome(co_await pair.client->write("x")) == "closed");
}

Task<void> closing(TestNet& net, Kind kind) {
  auto pair = co_await make_pair(net, kind);
  std::string log;
  net.group.spawn(read_note(*pair.server, log));
  co_await net.timers.settle();
  pair.server->close();
  pair.server->close();
  co_await net.group.join();
  CHECK(log == "cancelled");
  CHECK_FALSE(pair.server->is_open());
  CHECK(outcome(co_await pair.server->write("x")) == "cancelled");
  CHECK(co_await read_to_end(*pair.client) == "");  // ended in order
  std::string first;
  const std::string bytes(100'000, 'x');
  for (int i = 0; i < 100 && first != "closed"; ++i) {
    first = outcome(co_await pair.client->write(bytes));
    co_await net.timers.settle();
  }
  CHECK(first == "closed");
}

Task<void> deadline(TestNet& net, Kind kind) {
  auto pair = co_await make_pair(net, kind);
  std::string reading;
  std::string writing;
  pair.client->expires_after(seconds(30));
  net.group.spawn(read_note(*pair.client, reading));
  net.group.spawn(write_note(*pair.client, std::string(20'000'000, 'x'), writing));
  co_await net.timers.pass(seconds(29));
  CHECK(reading == "");
  pair.client->expires_after(seconds(30));
  co_await net.timers.pass(seconds(29));
  CHECK(reading == "");
  co_await net.timers.pass(seconds(1));
  co_await net.group.join();
  CHECK(reading == "timed out");
  CHECK(writing == "timed out");
  CHECK(outcome(co_await pair.client->wait_readable()) == "timed out");
  CHECK(pair.client->is_open());
}

Task<void> cancelling(TestNet& net, Kind kind) {
  auto pair = co_await make_pair(net, kind);
  std::string log;
  net.group.spawn(read_note(*pair.client, log));
  net.group.spawn(write_note(*pair.client, std::string(20'000'000, 'x'), log));
  net.group.spawn(ready_note(*pair.server, log));
  net.group.spawn(write_note(*pair.server, std::string(20'000'000, 'x'), log));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  CHECK(log.ends_with("cancelledcancelled"));
  CHECK(log.find("timed out") == std::string::npos);
  CHECK(pair.client->is_open());
}

Task<void> readiness(TestNet& net, Kind kind) {
  auto pair = co_await make_pair(net, kind);
  std::string log;
  net.group.spawn(ready_note(*pair.client, log));
  co_await net.timers.settle();
  CHECK(log == "");
  REQUIRE(co_await pair.server->write("idle no more"));
  co_await net.group.join();
  CHECK(log == "ok");
  char room[4];
  CHECK(*co_await pair.client->read_some(room) == 4);
  REQUIRE(co_await pair.client->wait_readable());  // the rest is there already
  REQUIRE(co_await pair.server->shutdown_send());
  CHECK(co_await read_to_end(*pair.client) == " no more");
  REQUIRE(co_await pair.client->wait_readable());  // so is the end
}

Task<void> small_pieces(TestNet& net, Kind kind) {
  // Under TLS the session ticket must fit: the client's handshake is over before it arrives.
  const std::size_t capacity = is_tls(kind) ? 400 : 1;
  auto pair = co_await make_pair(net, kind, capacity);
  std::string log;
  net.group.spawn(echo(*pair.server, log));
  net.group.spawn(write_and_end(*pair.client, std::string(3000, 'x'), log));
  CHECK(co_await read_to_end(*pair.client) == std::string(3000, 'x'));
  co_await net.group.join();
}

Task<void> vanishing_peer(TestNet& net, Kind kind) {
  auto raw = co_await make_pair(net, kind);
  const auto server_settings = tls_server();
  const auto client_settings = tls_client();
  auto results = co_await handshake(net, raw, server_settings, client_settings);
  REQUIRE(results.first);
  std::string log;
  net.group.spawn(read_note(*raw.client, log));
  co_await net.timers.settle();
  REQUIRE(raw.client->info().tls);
  raw.server->close();  // with close_notify
  co_await net.group.join();
  CHECK(log == "");
}

}  // namespace

#define ON_EVERY_KIND(name, body)           \
  TEST_CASE(name) {                         \
    for (const Kind kind : every_kind) {    \
      DYNAMIC_SECTION(name_of_kind(kind)) { \
        TestNet net;                        \
        net.run(body(net, kind));           \
      }                                     \
    }                                       \
  }

ON_EVERY_KIND("a megabyte goes out and comes back at once", megabyte)
ON_EVERY_KIND("one direction can be ended, the other goes on", half_close)
ON_EVERY_KIND("close ends what is under way here and in order there", closing)
ON_EVERY_KIND("a deadline ends reads and writes, and can be moved on", deadline)
ON_EVERY_KIND("cancelling ends reads, writes and waits", cancelling)
ON_EVERY_KIND("wait_readable returns when a read would not wait", readiness)
ON_EVERY_KIND("bytes pass however small the pieces", small_pieces)

TEST_CASE("close ends a read of the peer in order under TLS") {
  for (const Kind kind : {Kind::memory, Kind::tcp}) {
    TestNet net;
    net.run(vanishing_peer(net, kind));
  }
}

}  // namespace tandem::test
