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

}  // namespace

TEST_CASE("T-22 a trusted proxy's XCLIENT is the client from then on") {
  Scene scene;
  scene.net.run(told_by_a_proxy(scene));
}

TEST_CASE("T-22 an XCLIENT from anybody else is refused 550 and changes nothing") {
  Scene scene;
  scene.net.run(told_by_anybody(scene));
}

}  // namespace tandem::gateway
