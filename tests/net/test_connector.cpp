// The connector: in-process servers, addresses in turn, TLS from the first byte, clear text kept at
// home.
#include <catch2/catch.hpp>

#include "lib/net/connector.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/tls.hpp"
#include "tests/net/pairs.hpp"
#include "tests/support/dns_server.hpp"

namespace tandem::test {
namespace {

using net::Connector;
using net::Endpoint;
using net::StreamPtr;
using net::Task;
using net::TlsMode;
using std::chrono::seconds;

Task<void> greet(StreamPtr stream) {
  (void)co_await stream->write("* OK\r\n");
  char room[64];
  (void)co_await stream->read_some(room);
}

Task<std::string> greeting(net::Stream& stream) {
  char room[64];
  const auto count = co_await stream.read_some(room);
  co_return count ? std::string(room, *count) : count.error().to_string();
}

Task<void> in_process(TestNet& net) {
  Connector connector;
  net::TaskGroup* group = &net.group;
  connector.register_in_process("built-in", [group](StreamPtr end, net::Protocol protocol) {
    CHECK(protocol == net::Protocol::imap);
    group->spawn(greet(std::move(end)));
  });
  const Endpoint built_in{.in_process = "built-in"};
  const Endpoint nobody{.in_process = "nobody"};
  auto stream = co_await connector.connect(built_in);
  REQUIRE(stream);
  CHECK(co_await greeting(**stream) == "* OK\r\n");
  (*stream)->close();
  co_await net.group.join();
  const auto other = co_await connector.connect(nobody);
  CHECK(other.error().kind == ErrorKind::unreachable);
}

Task<void> by_name(TestNet& net, DnsServer& dns) {
  net::ListenerOptions secure;
  secure.implicit_tls = tls_server("imap");
  auto listener = net::Listener::open(net.executor(), "127.0.0.1", 0, secure);
  REQUIRE(listener);
  net::TaskGroup server(net.executor());
  server.spawn((*listener)->serve(server, greet));
  net::ConnectorOptions options;
  options.resolver.servers = {dns.address()};
  options.resolver.hosts_file = "";
  const Connector connector(options);
  Endpoint endpoint{.host = "imap.mail.test", .port = (*listener)->port()};
  endpoint.pin = *net::certificate_sha256(test_identity().chain_pem);
  endpoint.sources = {"127.0.0.1"};
  auto stream = co_await connector.connect(endpoint);
  REQUIRE(stream);
  CHECK((*stream)->info().alpn == "imap");
  CHECK(co_await greeting(**stream) == "* OK\r\n");
  (*stream)->close();
  endpoint.pin = std::string(64, '0');
  const auto wrong = co_await connector.connect(endpoint);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().kind == ErrorKind::tls);
  endpoint.host = "nowhere.test";
  const auto nowhere = co_await connector.connect(endpoint);
  CHECK(nowhere.error().kind == ErrorKind::not_found);
  server.request_stop();
  server.cancel();
  co_await server.join();
}

Task<void> in_the_clear(TestNet&) {
  const Connector connector;
  const Endpoint far_away{.host = "192.0.2.1", .port = 143, .tls = TlsMode::never};
  const auto refused = co_await connector.connect(far_away);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
}

// Serves one connection after the other and keeps whom each came from.
class Witness {
 public:
  explicit Witness(TestNet& net) : group_(net.executor()) {
    auto listener = net::Listener::open(net.executor(), "127.0.0.1", 0);
    REQUIRE(listener);
    listener_ = std::move(*listener);
    group_.spawn(listener_->serve(group_, [this](StreamPtr stream) {
      seen_ += stream->info().peer_address + " ";
      return greet(std::move(stream));
    }));
  }
  [[nodiscard]] Endpoint endpoint(std::vector<std::string> sources) const {
    return {.host = "127.0.0.1",
            .port = listener_->port(),
            .tls = TlsMode::never,
            .sources = std::move(sources)};
  }
  [[nodiscard]] const std::string& seen() const { return seen_; }
  Task<void> end() {
    group_.request_stop();
    group_.cancel();
    co_await group_.join();
  }

 private:
  net::TaskGroup group_;
  std::unique_ptr<net::Listener> listener_;
  std::string seen_;
};

Task<void> meet(const Connector& connector, Endpoint endpoint) {
  auto stream = co_await connector.connect(std::move(endpoint));
  REQUIRE(stream);
  CHECK(co_await greeting(**stream) == "* OK\r\n");
}

// The other server between the two does not change whose turn it is.
Task<void> in_turn(TestNet& net) {
  Witness one(net);
  Witness two(net);
  const Connector connector;
  const std::vector<std::string> sources = {"127.0.0.5", "::1", "127.0.0.6", "127.0.0.7"};
  for (int i = 0; i < 4; ++i) {
    co_await meet(connector, one.endpoint(sources));
    co_await meet(connector, two.endpoint(sources));
  }
  CHECK(one.seen() == "127.0.0.5 127.0.0.6 127.0.0.7 127.0.0.5 ");
  CHECK(two.seen() == one.seen());
  co_await one.end();
  co_await two.end();
}

// 192.0.2.0/24 is for documents, and belongs to nobody.
Task<void> one_is_gone(TestNet& net) {
  Witness server(net);
  const Connector connector;
  const Endpoint both = server.endpoint({"192.0.2.9", "127.0.0.5"});
  co_await meet(connector, both);
  co_await meet(connector, both);
  CHECK(server.seen() == "127.0.0.5 127.0.0.5 ");
  const Endpoint other_kind = server.endpoint({"::1"});
  co_await meet(connector, other_kind);
  CHECK(server.seen() == "127.0.0.5 127.0.0.5 127.0.0.1 ");
  const Endpoint gone = server.endpoint({"192.0.2.9"});
  const auto none = co_await connector.connect(gone);
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::unreachable);
  CHECK(none.error().next_step.find("source_address") != std::string::npos);
  co_await server.end();
}

Task<void> connect_note(const Connector& connector, Endpoint endpoint, std::string& log) {
  const auto stream = co_await connector.connect(endpoint, seconds(10));
  log += stream ? "connected" : std::string(name_of(stream.error().kind));
}

// A silent DNS server and a silent TLS server both run into the one limit.
Task<void> limits(TestNet& net, DnsServer& dns) {
  dns.behave(DnsMood::silent);
  net::ConnectorOptions options;
  options.resolver.servers = {dns.address()};
  options.resolver.try_limit = seconds(60);
  const Connector connector(options);
  std::string log;
  net.group.spawn(connect_note(connector, Endpoint{.host = "imap.mail.test", .port = 1}, log));
  co_await net.timers.pass(seconds(9));
  CHECK(log == "");
  co_await net.timers.pass(seconds(1));
  co_await net.group.join();
  CHECK(log == "timed out");

  auto listener = net::Listener::open(net.executor(), "127.0.0.1", 0);  // accepts nothing
  REQUIRE(listener);
  const Endpoint silent{.host = "127.0.0.1", .port = (*listener)->port()};
  net.group.spawn(connect_note(connector, silent, log));
  co_await net.timers.pass(seconds(10));
  co_await net.group.join();
  CHECK(log == "timed outtimed out");
}

}  // namespace

TEST_CASE("servers of this process are reached over memory") {
  TestNet net;
  net.run(in_process(net));
}

TEST_CASE("a name is looked up, its addresses are tried in turn, TLS is verified") {
  DnsServer dns;
  dns.add("imap.mail.test", net::DnsType::a, "127.0.0.7");  // nobody listens there
  dns.add("imap.mail.test", net::DnsType::a, "127.0.0.1");
  TestNet net;
  net.run(by_name(net, dns));
}

TEST_CASE("each server sees our addresses in turn, those of its kind") {
  TestNet net;
  net.run(in_turn(net));
}

TEST_CASE(
    "an address that cannot be used is passed over; without another the error names the key") {
  TestNet net;
  net.run(one_is_gone(net));
  CHECK(net::is_ours("127.0.0.5"));
  CHECK(net::is_ours("::1"));
  CHECK_FALSE(net::is_ours("192.0.2.9"));
}

TEST_CASE("clear text goes to loopback only") {
  TestNet net;
  net.run(in_the_clear(net));
}

TEST_CASE("one limit holds for look-up, connecting and handshake") {
  DnsServer dns;
  TestNet net;
  net.run(limits(net, dns));
}

TEST_CASE("TLS settings are made once for an endpoint, and not where they are unusable") {
  const Connector connector;
  const Endpoint endpoint{.host = "imap.example.com", .port = 993};
  const auto first = connector.tls_for(endpoint);
  REQUIRE(first);
  CHECK(*first == *connector.tls_for(endpoint));
  CHECK((*first)->options().verify);
  Endpoint between = endpoint;
  between.tls = TlsMode::opportunistic;
  CHECK_FALSE((*connector.tls_for(between))->options().verify);
  Endpoint bad = endpoint;
  bad.pin = "nonsense";
  CHECK(connector.tls_for(bad).error().kind == ErrorKind::invalid);
}

}  // namespace tandem::test
