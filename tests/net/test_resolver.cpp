// The resolver against a scripted DNS server, and its messages against hostile bytes.
#include <fstream>

#include <catch2/catch.hpp>

#include "lib/net/dns_message.hpp"
#include "lib/net/resolver.hpp"
#include "lib/net/verified_name.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run.hpp"

namespace tandem::test {
namespace {

using net::DnsType;
using net::Resolver;
using net::ResolverOptions;
using net::Task;
using std::chrono::seconds;
using Addresses = std::vector<std::string>;

ResolverOptions asking(const DnsServer& server) {
  ResolverOptions options;
  options.servers = {server.address()};
  options.hosts_file = "";
  return options;
}

void fill(DnsServer& server) {
  server.add("mail.example.jp", DnsType::a, "192.0.2.1");
  server.add("mail.example.jp", DnsType::a, "192.0.2.2");
  server.add("mail.example.jp", DnsType::aaaa, "2001:db8::1");
  server.add("example.jp", DnsType::mx, "backup.example.jp", 3600, 20);
  server.add("example.jp", DnsType::mx, "mail.example.jp", 3600, 10);
  server.add("example.jp", DnsType::txt, "v=spf1 " + std::string(300, 'x') + " -all");
  server.add("example.jp", DnsType::soa, "ns.example.jp");
  server.add("null.example.jp", DnsType::mx, "", 60, 0);
  server.add("1.2.0.192.in-addr.arpa", DnsType::ptr, "mail.example.jp");
}

Task<void> verified(TestNet&, DnsServer& server) {
  const auto reverse = [&server](const char* last, const char* name) {
    server.add(std::string(last) + ".2.0.192.in-addr.arpa", DnsType::ptr, name);
  };
  reverse("3", "liar.example.jp");  // its own address is another one
  server.add("liar.example.jp", DnsType::a, "192.0.2.99");
  reverse("4", "nobody.example.jp");  // has no address
  reverse("5", "-bad_ name.example.jp");
  reverse("2", "other.example.jp");
  reverse("2", "mail.example.jp");
  const Resolver resolver(asking(server));
  auto found = co_await net::verified_name(resolver, "192.0.2.1");
  CHECK(found.name == "mail.example.jp");
  found = co_await net::verified_name(resolver, "192.0.2.2");
  CHECK(found.name == "mail.example.jp");
  for (const char* address : {"192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"}) {
    found = co_await net::verified_name(resolver, address);
    CHECK(found.name == "");
    CHECK_FALSE(found.later);
  }
  server.behave(DnsMood::failing);
  found = co_await net::verified_name(resolver, "192.0.2.1");
  CHECK(found.name == "");
  CHECK(found.later);
}

Task<void> records(TestNet&, const DnsServer& server) {
  const Resolver resolver(asking(server));
  const auto addresses = co_await resolver.addresses("mail.EXAMPLE.jp");
  REQUIRE(addresses);
  CHECK(*addresses == Addresses({"192.0.2.1", "192.0.2.2", "2001:db8::1"}));
  const auto mx = co_await resolver.mx("example.jp");
  REQUIRE(mx);
  REQUIRE(mx->size() == 2);
  CHECK(mx->front().host == "mail.example.jp");
  CHECK(mx->back().preference == 20);
  CHECK(mx->back().ttl == 3600);
  const auto null_mx = co_await resolver.mx("null.example.jp");
  REQUIRE(null_mx);
  CHECK(null_mx->front().host == "");
  const auto txt = co_await resolver.txt("example.jp");
  REQUIRE(txt);
  CHECK(txt->front() == "v=spf1 " + std::string(300, 'x') + " -all");
  const auto ptr = co_await resolver.ptr("192.0.2.1");
  REQUIRE(ptr);
  CHECK(ptr->front() == "mail.example.jp");
  const auto soa = co_await resolver.query("example.jp", DnsType::soa);
  REQUIRE(soa);
  CHECK(soa->answers.front().data == "ns.example.jp");
  CHECK(soa->answers.front().minimum == 60);
}

Task<void> absent(TestNet&, const DnsServer& server) {
  const Resolver resolver(asking(server));
  const auto addresses = co_await resolver.addresses("nowhere.example.jp");
  REQUIRE_FALSE(addresses);
  CHECK(addresses.error().kind == ErrorKind::not_found);
  CHECK_FALSE(addresses.error().temporary);
  const auto mx = co_await resolver.mx("mail.example.jp");
  CHECK(mx.error().kind == ErrorKind::not_found);
  const auto raw = co_await resolver.query("nowhere.example.jp", DnsType::a);
  REQUIRE(raw);
  CHECK(raw->code == net::DnsAnswer::no_such_name);
  CHECK((co_await resolver.addresses("two words")).error().kind == ErrorKind::invalid);
  CHECK((co_await resolver.ptr("no address")).error().kind == ErrorKind::invalid);
}

Task<void> failing(TestNet&, DnsServer& server) {
  server.behave(DnsMood::failing);
  const Resolver resolver(asking(server));
  const auto addresses = co_await resolver.addresses("mail.example.jp");
  REQUIRE_FALSE(addresses);
  CHECK(addresses.error().temporary);
  CHECK(server.questions() == 4);  // two kinds, two rounds
}

Task<void> forged(TestNet&, DnsServer& server) {
  server.behave(DnsMood::forged);
  const Resolver resolver(asking(server));
  const auto addresses = co_await resolver.addresses("mail.example.jp");
  REQUIRE(addresses);
  CHECK(addresses->size() == 3);
  CHECK(addresses->front() == "192.0.2.1");
}

Task<void> truncated(TestNet&, DnsServer& server) {
  server.behave(DnsMood::truncated);
  const Resolver resolver(asking(server));
  const auto txt = co_await resolver.txt("example.jp");
  REQUIRE(txt);
  CHECK(txt->front().size() == 312);
}

Task<void> ask_note(const Resolver& resolver, std::string host, std::string& log) {
  const auto addresses = co_await resolver.addresses(host);
  log += addresses ? addresses->front() : std::string(name_of(addresses.error().kind));
}

Task<void> silent(TestNet& net, DnsServer& server) {
  server.behave(DnsMood::silent);
  const Resolver resolver(asking(server));
  std::string log;
  net.group.spawn(ask_note(resolver, "mail.example.jp", log));
  co_await net.timers.pass(seconds(3));
  CHECK(log == "");
  co_await net.timers.pass(seconds(2));
  co_await net.group.join();
  CHECK(log == "timed out");
  net.group.spawn(ask_note(resolver, "mail.example.jp", log));
  co_await net.timers.settle();
  net.group.cancel();
  co_await net.group.join();
  CHECK(log == "timed outcancelled");
}

Task<void> without_network(TestNet&, std::string hosts_file) {
  ResolverOptions options;
  options.servers = {{"127.0.0.1", 1}};
  options.hosts_file = std::move(hosts_file);
  const Resolver resolver(options);
  const Addresses literal_v4{"192.0.2.9"};
  const Addresses literal_v6{"2001:db8::9"};
  const Addresses loopback{"127.0.0.1", "::1"};
  const Addresses listed{"192.0.2.7"};
  CHECK(*co_await resolver.addresses("192.0.2.9") == literal_v4);
  CHECK(*co_await resolver.addresses("[2001:DB8::9]") == literal_v6);
  CHECK(*co_await resolver.addresses("localhost") == loopback);
  CHECK(*co_await resolver.addresses("a.localhost") == loopback);
  CHECK(*co_await resolver.addresses("Mail") == listed);
  const auto refused = co_await resolver.addresses("mail.example.jp");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::unreachable);
  CHECK(refused.error().temporary);
}

}  // namespace

#define RESOLVER_TEST(name, body) \
  TEST_CASE(name) {               \
    DnsServer server;             \
    fill(server);                 \
    TestNet net;                  \
    net.run(body(net, server));   \
  }

RESOLVER_TEST("records of all kinds are found", records)
RESOLVER_TEST("T-21 a name counts for an address only when it says the same, and is one", verified)
RESOLVER_TEST("what does not exist is told apart from what fails", absent)
RESOLVER_TEST("a failing server is asked again, then the error is temporary", failing)
RESOLVER_TEST("garbage and forged answers are passed over", forged)
RESOLVER_TEST("a truncated answer is fetched over TCP", truncated)
RESOLVER_TEST("a silent server runs into the limit, and asking can be cancelled", silent)

TEST_CASE("literals, localhost and the hosts file need no network") {
  const std::string file = std::string("test_net_hosts.") + std::to_string(getpid());
  std::ofstream(file) << "# names\n192.0.2.7\tother mail # here\nbad line\n";
  TestNet net;
  net.run(without_network(net, file));
  ::unlink(file.c_str());
}

TEST_CASE("a DNS answer cut anywhere or with any byte changed is harmless") {
  const auto query = net::make_dns_query("a.example.jp", DnsType::mx, 7, true);
  REQUIRE(query);
  std::string answer = query->substr(0, 2) + std::string("\x81\x80\0\1\0\2\0\0\0\0", 10) +
                       query->substr(12, 18) +
                       std::string("\xc0\x0c\0\x0f\0\1\0\0\0\x3c\0\x09\0\x0a\4mail\xc0\x0e", 21) +
                       std::string("\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\4\3abc", 16);
  const auto whole = net::parse_dns_answer(answer, *query);
  REQUIRE(whole);
  REQUIRE(whole->answers.size() == 2);
  CHECK(whole->answers[0].data == "mail.example.jp");
  CHECK(whole->answers[1].data == "abc");
  for (std::size_t size = 0; size < answer.size(); ++size) {
    CHECK_FALSE(net::parse_dns_answer(std::string(answer, 0, size), *query));
  }
  for (std::size_t at = 0; at < answer.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x3f, 0x40, 0x7f, 0x80, 0xc0, 0xff}) {
      std::string changed = answer;
      changed[at] = static_cast<char>(value);
      const auto parsed = net::parse_dns_answer(changed, *query);
      if (parsed) CHECK(parsed->answers.size() <= 2);
    }
  }
}

TEST_CASE("the names of reverse look-ups") {
  CHECK(net::reverse_name("192.0.2.1") == "1.2.0.192.in-addr.arpa");
  CHECK(net::reverse_name("2001:db8::1") ==
        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
  CHECK(net::reverse_name("mail") == "");
}

}  // namespace tandem::test
