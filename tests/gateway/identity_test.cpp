// Who the client is: as the connection says, or a server that is trusted to (XCLIENT).
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

const std::string letter = "Subject: hello\r\n\r\nbody\r\n";
const std::string partner = "XCLIENT ADDR=198.51.100.7 PORT=4711 NAME=mx.partner.example ";

Task<smtp::Reply> say(net::SmtpClient& client, std::string line) {
  const auto reply = co_await client.command(std::move(line));
  REQUIRE(reply);
  co_return *reply;
}

Task<void> told_by_a_proxy(Scene& scene) {
  const auto client = co_await scene.connect(Scene::trusted_proxy);
  CHECK(client->capabilities().xclient);
  auto reply = co_await say(*client, partner + "HELO=partner.example PROTO=ESMTP");
  CHECK(reply.code == 220);
  reply = co_await say(*client, "EHLO proxy.example");
  CHECK(reply.code == 250);
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.at(0).starts_with(
      "Received: from partner.example (mx.partner.example [198.51.100.7])\r\n"));

  // The next one it speaks for leaves nothing of the first.
  reply = co_await say(*client, "XCLIENT ADDR=IPV6:2001:db8::9");
  CHECK(reply.code == 220);
  reply = co_await say(*client, "EHLO other.example");
  reply = co_await scene.send(*client, "chiba@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.at(1).starts_with(
      "Received: from other.example (unknown [IPv6:2001:db8::9])\r\n"));
}

Task<void> told_by_anybody(Scene& scene) {
  const auto client = co_await scene.connect("192.0.2.251");
  CHECK_FALSE(client->capabilities().xclient);
  auto reply = co_await say(*client, partner);
  CHECK(reply.code == 550);
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.at(0).starts_with(
      "Received: from mta.sender.example (unknown [192.0.2.251])\r\n"));
}

config::MigrationSettings old_side_trusts_us() {
  auto settings = gateway_settings();
  settings.old_side.forward_client = true;
  return settings;
}

Task<void> told_to_home(Scene& scene) {
  scene.old_home.xclient = scene.new_home.xclient = true;
  scene.dns().add("7.100.51.198.in-addr.arpa", net::DnsType::ptr, "mx.partner.example");
  scene.dns().add("mx.partner.example", net::DnsType::a, "198.51.100.7");
  const auto client = co_await scene.connect("198.51.100.7");
  for (const char* name : {"aoki@example.jp", "chiba@example.jp", "baba@example.jp"}) {
    const auto reply = co_await scene.send(*client, name, letter);
    CHECK(reply.code == 250);
  }
  const smtp::ClientIdentity expected{.address = "198.51.100.7",
                                      .port = 4711,
                                      .name = "mx.partner.example",
                                      .helo = "mta.sender.example",
                                      .protocol = "ESMTP"};
  CHECK(scene.old_home.clients == std::vector{expected, expected});
  // The other side has not said that it trusts us.
  CHECK(scene.new_home.clients == std::vector{smtp::ClientIdentity{}});
  CHECK(scene.old_home.messages.at(0).starts_with(
      "Received: from mta.sender.example (mx.partner.example [198.51.100.7])\r\n"));
}

// Its connection to the home server is used again, for others.
Task<void> each_for_itself(Scene& scene) {
  scene.old_home.xclient = true;
  const auto first = co_await scene.connect("198.51.100.7");
  auto reply = co_await scene.send(*first, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  const auto second = co_await scene.connect(Scene::trusted_proxy);
  reply = co_await say(*second, "XCLIENT ADDR=IPV6:2001:db8::9 HELO=nine.example PROTO=SMTP");
  CHECK(reply.code == 220);
  reply = co_await say(*second, "EHLO proxy.example");
  reply = co_await scene.send(*second, "chiba@example.jp", letter);
  CHECK(reply.code == 250);
  REQUIRE(scene.old_home.clients.size() == 2);
  CHECK(scene.old_home.clients[0].address == "198.51.100.7");
  CHECK(scene.old_home.clients[1] ==
        smtp::ClientIdentity{.address = "2001:db8::9", .helo = "nine.example", .protocol = "SMTP"});
  // Nobody says where this one comes from: it is not said to be one of those before.
  const auto nowhere = co_await scene.connect();
  reply = co_await scene.send(*nowhere, "fuji@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.clients.at(2) == smtp::ClientIdentity{});
}

// The new side takes it only later, when the client has long gone.
Task<void> delivered_later(Scene& scene) {
  using namespace std::chrono_literals;
  scene.start_workers();
  scene.new_home.xclient = true;
  scene.new_home.end = smtp::make_reply(451, "4.3.0", "try later");
  const auto client = co_await scene.connect("198.51.100.7");
  std::vector<std::string> both = {"aoki@example.jp", "baba@example.jp"};
  auto reply = co_await scene.send(*client, both, letter);
  CHECK(reply.code == 250);
  client->close();
  scene.new_home.end = smtp::make_reply(250, "2.0.0", "Ok");
  const auto arrived = [&scene] { return scene.state_of("baba@example.jp") == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, 10min));
  REQUIRE(scene.new_home.clients.size() == 2);
  CHECK(scene.new_home.clients[0].address == "198.51.100.7");
  CHECK(scene.new_home.clients[0].helo == "mta.sender.example");
  CHECK(scene.new_home.clients[1] == scene.new_home.clients[0]);
}

Task<void> not_offered(Scene& scene) {
  const auto client = co_await scene.connect("198.51.100.7");
  for (const char* name : {"aoki@example.jp", "chiba@example.jp"}) {
    const auto reply = co_await scene.send(*client, name, letter);
    CHECK(reply.code == 250);
  }
  CHECK(scene.old_home.clients.size() == 2);
}

}  // namespace

TEST_CASE("T-24 a home side that trusts us is told the client's address, and the other is not") {
  Scene scene(old_side_trusts_us());
  scene.net.run(told_to_home(scene));
}

TEST_CASE("T-24 a connection to a home side that was for one client is for no other untold") {
  Scene scene(old_side_trusts_us());
  scene.net.run(each_for_itself(scene));
}

TEST_CASE("T-24 a home side that gets a message later is told the client it came from") {
  auto settings = gateway_settings();
  settings.new_side.forward_client = true;
  Scene scene(settings);
  scene.net.run(delivered_later(scene));
}

TEST_CASE("mail reaches a home side that takes no word about clients") {
  Scene scene(old_side_trusts_us());
  scene.net.run(not_offered(scene));
}

TEST_CASE("T-22 a trusted proxy's XCLIENT is the client from then on") {
  Scene scene;
  scene.net.run(told_by_a_proxy(scene));
}

TEST_CASE("T-22 an XCLIENT from anybody else is refused 550 and changes nothing") {
  Scene scene;
  scene.net.run(told_by_anybody(scene));
}

}  // namespace tandem::gateway
