// TLS settings: names, pins, ALPN, SNI, reload; and what must never happen (T-05, T-06, T-07).
#include <string>

#include "lib/base/text.hpp"
#include "lib/net/tls.hpp"
#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Task;
using net::TlsClient;
using net::TlsClientOptions;
using net::TlsIdentity;
using net::TlsServer;

Pair memory_pair(TestNet& net) {
  auto ends = net::make_memory_pair(net.executor());
  return Pair{std::move(ends.first), std::move(ends.second)};
}

std::shared_ptr<const TlsClient> client_with(TlsClientOptions options) {
  auto made = TlsClient::create(std::move(options));
  REQUIRE(made);
  return *made;
}

struct Outcome {
  Result<void> client;
  Result<void> server;
  net::ConnectionInfo client_info;
  net::ConnectionInfo server_info;
  bool client_open = false;
};

Task<Outcome> meet(TestNet& net, std::shared_ptr<const TlsServer> server,
                   std::shared_ptr<const TlsClient> client) {
  auto pair = memory_pair(net);
  const auto results = co_await handshake(net, pair, server, client);
  Outcome outcome{results.first, results.second, pair.client->info(), pair.server->info(),
                  pair.client->is_open()};
  co_return outcome;
}

Task<void> good_names(TestNet& net) {
  for (const std::string name : {"localhost", "LocalHost", "imap.mail.test", "127.0.0.1"}) {
    const auto server = tls_server();
    const auto client = tls_client(name);
    const auto outcome = co_await meet(net, server, client);
    CHECK(outcome.client);
    CHECK(outcome.server);
    CHECK(outcome.client_info.tls);
    CHECK(outcome.client_info.tls_version == "TLSv1.3");
    CHECK_FALSE(outcome.server_info.tls_cipher.empty());
    CHECK(outcome.server_info.sni == (name == "127.0.0.1" ? "" : lower(name)));
  }
}

Task<void> refused(TestNet& net, TlsClientOptions options, std::string why) {
  const auto server = tls_server();
  const auto client = client_with(std::move(options));
  const auto outcome = co_await meet(net, server, client);
  REQUIRE_FALSE(outcome.client);
  CHECK(outcome.client.error().kind == ErrorKind::tls);
  CHECK_THAT(outcome.client.error().what, Catch::Contains(why));
  CHECK_FALSE(outcome.server);
  CHECK_FALSE(outcome.client_open);
}

Task<void> accepted(TestNet& net, TlsClientOptions options) {
  const auto server = tls_server();
  const auto client = client_with(std::move(options));
  const auto outcome = co_await meet(net, server, client);
  CHECK(outcome.client);
}

Task<void> protocols(TestNet& net) {
  const auto imap = tls_server()->for_protocol("imap");
  const auto same = co_await meet(net, imap, tls_client("localhost", "imap"));
  CHECK(same.client);
  CHECK(same.client_info.alpn == "imap");
  CHECK(same.server_info.alpn == "imap");
  const auto none = co_await meet(net, imap, tls_client("localhost"));
  CHECK(none.client);
  CHECK(none.server_info.alpn == "");
  const auto foreign = co_await meet(net, imap, tls_client("localhost", "h2"));
  CHECK_FALSE(foreign.server);
  REQUIRE_FALSE(foreign.client);
  CHECK_THAT(foreign.client.error().what, Catch::Contains("no application protocol"));
}

TlsIdentity identity_for(std::vector<std::string> names) {
  auto made = net::make_self_signed(names);
  REQUIRE(made);
  return *made;
}

std::shared_ptr<const TlsClient> pinned(const TlsIdentity& identity, std::string name) {
  TlsClientOptions options;
  options.server_name = std::move(name);
  options.pin = *net::certificate_sha256(identity.chain_pem);
  return client_with(std::move(options));
}

Task<void> by_sni(TestNet& net) {
  const auto fallback = identity_for({"default.test"});
  const auto exact = identity_for({"mx.example.com"});
  const auto wildcard = identity_for({"*.example.com"});
  const auto server = TlsServer::create({fallback, exact, wildcard});
  REQUIRE(server);
  CHECK((co_await meet(net, *server, pinned(exact, "MX.example.com"))).client);
  CHECK((co_await meet(net, *server, pinned(wildcard, "imap.example.com"))).client);
  CHECK((co_await meet(net, *server, pinned(fallback, "a.b.example.com"))).client);
  CHECK((co_await meet(net, *server, pinned(fallback, "unknown.test"))).client);
  CHECK((co_await meet(net, *server, pinned(fallback, "192.0.2.1"))).client);
}

Task<void> reloading(TestNet& net) {
  const auto before = identity_for({"localhost"});
  const auto after = identity_for({"localhost"});
  const auto server = TlsServer::create({before});
  REQUIRE(server);
  const auto view = (*server)->for_protocol("imap");
  auto pair = memory_pair(net);
  const auto old_client = pinned(before, "localhost");
  const auto started = co_await handshake(net, pair, view, old_client);
  REQUIRE(started.first);
  REQUIRE((*server)->reload({after}));
  const auto bad = (*server)->reload({TlsIdentity{before.chain_pem, after.key_pem, {}}});
  CHECK(bad.error().kind == ErrorKind::invalid);
  CHECK((co_await meet(net, view, pinned(after, "localhost"))).client);
  REQUIRE(co_await pair.client->write("still here"));
  char room[32];
  CHECK(*co_await pair.server->read_some(room) == 10);
}

Task<void> against_garbage(TestNet& net, std::string bytes) {
  auto pair = memory_pair(net);
  const auto settings = tls_server();
  Result<void> result;
  net.group.spawn(accept_tls(*pair.server, settings, &result));
  REQUIRE(co_await pair.client->write(bytes));
  REQUIRE(co_await pair.client->shutdown_send());
  co_await net.group.join();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::tls);
  CHECK_FALSE(pair.server->is_open());
}

Task<void> silent_peer(TestNet& net) {
  auto pair = memory_pair(net);
  const auto settings = tls_server();
  Result<void> result;
  pair.server->expires_after(std::chrono::seconds(30));
  net.group.spawn(accept_tls(*pair.server, settings, &result));
  co_await net.timers.pass(std::chrono::seconds(31));
  co_await net.group.join();
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::timed_out);
}

Task<void> carry(net::Stream& from, net::Stream& to) {
  char room[1000];
  for (;;) {
    const auto count = co_await from.read_some(room);
    if (!count || *count == 0) break;
    if (!co_await to.write(std::string_view(room, *count))) break;
  }
  (void)co_await to.shutdown_send();
}

// Somebody between the two ends the connection without close_notify: a message cut short must not
// look whole.
Task<void> cut_off(TestNet& net) {
  auto left = net::make_memory_pair(net.executor());
  auto right = net::make_memory_pair(net.executor());
  Pair ends{std::move(left.first), std::move(right.second)};
  net.group.spawn(carry(*left.second, *right.first));
  net.group.spawn(carry(*right.first, *left.second));
  const auto server = tls_server();
  const auto client = tls_client();
  const auto results = co_await handshake(net, ends, server, client);
  REQUIRE(results.first);
  REQUIRE(co_await ends.server->write("half a mess"));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  left.second->close();
  char room[100];
  CHECK(*co_await ends.client->read_some(room) == 11);
  const auto cut = co_await ends.client->read_some(room);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().kind == ErrorKind::closed);
  const auto ready = co_await ends.client->wait_readable();
  CHECK(ready);  // a read would not wait
  CHECK((co_await ends.client->write("x")).error().kind == ErrorKind::closed);
}

Task<Pair> secured_pair(TestNet& net) {
  auto pair = memory_pair(net);
  const auto server = tls_server();
  const auto client = tls_client();
  const auto results = co_await handshake(net, pair, server, client);
  REQUIRE(results.first);
  co_return pair;
}

// The end behind them is read after them.
Task<void> several_records(TestNet& net) {
  const auto pair = co_await secured_pair(net);
  std::string sent;
  for (int i = 0; i < 3; ++i) {
    const std::string bytes(1000, static_cast<char>('a' + i));
    REQUIRE(co_await pair.server->write(bytes));
    sent += bytes;
  }
  std::string large(40'000, 'x');  // three records by one write
  REQUIRE(co_await pair.server->write(large));
  sent += large;
  pair.server->close();
  std::string got;
  std::string room(64 * 1024, '\0');
  int reads = 0;
  for (;; ++reads) {
    const std::span<char> into(room);
    const auto count = co_await pair.client->read_some(into);
    REQUIRE(count);
    if (*count == 0) break;
    got.append(room, 0, *count);
  }
  CHECK(got == sent);
  CHECK(reads <= 2);  // one of the session ticket's record too
}

// As a server that has said goodbye and closed, while its client was still writing.
Task<void> last_words(TestNet& net) {
  const auto pair = co_await secured_pair(net);
  REQUIRE(co_await pair.server->write("* BYE"));
  pair.server->close();
  const auto written = co_await pair.client->write("\n");
  REQUIRE_FALSE(written);
  CHECK(written.error().kind == ErrorKind::closed);
  char room[100];
  const auto count = co_await pair.client->read_some(room);
  REQUIRE(count);
  CHECK(std::string_view(room, *count) == "* BYE");
  CHECK(*co_await pair.client->read_some(room) == 0);
  CHECK_FALSE(co_await pair.client->write("x"));
}

}  // namespace

TEST_CASE("what the peer said before it closed is read although nothing more can be written") {
  TestNet net;
  net.run(last_words(net));
}

TEST_CASE("TLS: records that came together are read together") {
  TestNet net;
  net.run(several_records(net));
}

TEST_CASE("a connection cut under TLS is an error, not an end") {
  TestNet net;
  net.run(cut_off(net));
}

TEST_CASE("a server is accepted under every name in its certificate") {
  TestNet net;
  net.run(good_names(net));
}

TEST_CASE("[T-05] a wrong certificate ends the connection") {
  TestNet net;
  TlsClientOptions other_name{.server_name = "other.test", .ca_pem = test_identity().chain_pem};
  net.run(refused(net, other_name, "mismatch"));
  TlsClientOptions other_address{.server_name = "127.0.0.2", .ca_pem = test_identity().chain_pem};
  net.run(refused(net, other_address, "mismatch"));
  TlsClientOptions system_cas{.server_name = "localhost"};
  net.run(refused(net, system_cas, "self-signed"));
  TlsClientOptions pin{.server_name = "localhost", .pin = std::string(64, 'a')};
  net.run(refused(net, pin, "pinned"));
}

TEST_CASE("a pinned certificate is accepted under any name") {
  TestNet net;
  const std::string digest = *net::certificate_sha256(test_identity().chain_pem);
  net.run(accepted(net, TlsClientOptions{.server_name = "elsewhere.test", .pin = digest}));
  net.run(accepted(net, TlsClientOptions{.server_name = "x", .pin = "SHA256:" + upper(digest)}));
  net.run(accepted(net, TlsClientOptions{.server_name = "x.test", .verify = false}));
}

TEST_CASE("unusable client settings are refused when made") {
  CHECK_FALSE(TlsClient::create({.server_name = "localhost", .pin = "12"}));
  CHECK_FALSE(TlsClient::create({.server_name = "localhost", .ca_file = "/nonexistent.pem"}));
  CHECK_FALSE(TlsClient::create({.server_name = "localhost", .ca_pem = "nonsense"}));
  CHECK_FALSE(TlsClient::create({.server_name = "two words"}));
  CHECK_FALSE(TlsServer::create({}));
  CHECK_FALSE(TlsServer::create({TlsIdentity{"nonsense", "nonsense", {}}}));
}

TEST_CASE("[T-06] a client that offers only foreign protocols is turned away") {
  TestNet net;
  net.run(protocols(net));
}

TEST_CASE("[T-07] certificates are chosen by SNI, unknown names get the default") {
  TestNet net;
  net.run(by_sni(net));
}

TEST_CASE("certificates are reloaded under running sessions") {
  TestNet net;
  net.run(reloading(net));
}

TEST_CASE("what is not TLS ends the handshake and the connection") {
  TestNet net;
  net.run(against_garbage(net, "GET / HTTP/1.1\r\n\r\n"));
  net.run(against_garbage(net, ""));
  net.run(against_garbage(net, std::string("\x16\x03\x01\xff\xff", 5) + std::string(1000, 'x')));
}

TEST_CASE("a silent peer runs into the deadline of the handshake") {
  TestNet net;
  net.run(silent_peer(net));
}

TEST_CASE("host names are letters, digits and hyphens") {
  CHECK(net::is_host_name("mail.example.com"));
  CHECK(net::is_host_name("xn--r8jz45g.jp"));
  for (const std::string bad : {"", ".", "a..b", "-a.b", "a-.b", "a b", "a\r\nb", "a_b", "a.b."}) {
    CHECK_FALSE(net::is_host_name(bad));
  }
  CHECK_FALSE(net::is_host_name(std::string(64, 'a')));
  CHECK_FALSE(net::make_self_signed({"a,DNS:b"}));
  CHECK_FALSE(net::make_self_signed({}));
}

}  // namespace tandem::test
