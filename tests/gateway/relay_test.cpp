// Machines that cannot log in (the `relay` port): a scanner at 192.0.2.50 that may send from
// scan@example.jp. What it sends to other domains goes out by the new side's submission server,
// which the test plays as `outside`, with a log-in of its own.
#include <fstream>
#include <sys/stat.h>

#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

using Client = std::unique_ptr<net::SmtpClient>;

const std::string scanner = "192.0.2.50";
const std::string partner = "taro@partner.example";
const std::string mail = "Subject: scan\r\n\r\nA page.\r\n";

struct Room {
  migration::TempDirectory directory;
  std::string file = directory.path + "/password";

  explicit Room(const std::string& password = "secret") {
    std::ofstream(file) << password << '\n';
    REQUIRE(::chmod(file.c_str(), 0600) == 0);
  }
  [[nodiscard]] config::MigrationSettings settings(config::RelayVia via) const {
    auto settings = gateway_settings();
    REQUIRE(settings.relay.from.add("192.0.2.48/29"));
    settings.relay.senders = {"scan@example.jp", "@forms.example"};
    settings.relay.tls_required = false;
    settings.relay.per_hour = 3;
    settings.relay.via = via;
    settings.relay.via_user = "scan@example.jp";
    settings.relay.via_password_file = file;
    settings.new_side.submission = inside("outside", net::Protocol::submission);
    return settings;
  }
};

struct Office : Scene {
  explicit Office(const config::MigrationSettings& settings) : Scene(settings) {
    sender = "scan@example.jp";
    outside.password = "secret";
  }
  // Null: it was refused at once, by `greeting`.
  Task<Client> machine(std::string address = scanner) {
    auto [ours, theirs] = net::make_memory_pair(net.executor());
    theirs->set_peer(std::move(address), 4711);
    net.group.spawn(gateway().serve_relay(std::move(theirs), nullptr, net.group));
    auto client = std::make_unique<net::SmtpClient>();
    net::SmtpClientOptions options;
    options.protocol.tls = smtp::ClientOptions::Tls::never;
    const auto opened = co_await client->open(std::move(ours), std::move(options));
    if (!opened) {
      greeting = opened.error().server_words;
      client.reset();
    }
    co_return client;
  }
  std::string greeting;
};

Task<void> everybody_once(Office& scene) {
  const auto client = co_await scene.machine();
  REQUIRE(client);
  CHECK(client->capabilities().auth.empty());
  const std::vector<std::string> all = {"aoki@example.jp", partner, "baba@example.jp"};
  for (int count = 1; count <= 2; ++count) {
    const auto reply = co_await scene.send(*client, all, mail + std::to_string(count) + "\r\n");
    CHECK(reply.code == 250);
    CHECK(scene.outside.messages.size() == std::size_t(count));
    CHECK(scene.old_home.messages.size() == std::size_t(count));
    CHECK(scene.new_home.messages.size() == std::size_t(count));
  }
  CHECK(scene.outside.recipients == std::vector<std::string>{partner, partner});
  CHECK(scene.outside.messages[0].ends_with("\r\n" + mail + "1\r\n"));
  CHECK(scene.outside.messages[0].find(" with ESMTP id ") != std::string::npos);
}

Task<void> strangers(Office& scene) {
  const auto client = co_await scene.machine("192.0.2.47");
  CHECK_FALSE(client);
  CHECK(scene.greeting.starts_with("554 5.7.1 "));
  // Port 25 stays closed to other domains, whoever comes (T-34).
  const auto there = co_await scene.connect(scanner);
  co_await say_mail(*there, scene.sender);
  const auto reply = co_await say_rcpt(*there, partner);
  CHECK(reply.code == 550);
}

Task<void> senders(Office& scene) {
  const auto client = co_await scene.machine();
  REQUIRE(client);
  for (const char* other : {"aoki@example.jp", "", "scan@example.jp.evil.example",
                            "x@aforms.example", "@forms.example@evil.example"}) {
    smtp::MailCommand command{.from = other};
    const auto reply = co_await client->mail(std::move(command));
    INFO(other);
    if (reply) CHECK(reply->code >= 500);  // else our own client does not say it
  }
  scene.sender = "shop@Forms.example";
  const auto reply = co_await scene.send(*client, partner, mail);
  CHECK(reply.code == 250);
  CHECK(scene.outside.senders == std::vector<std::string>{"shop@Forms.example"});
}

Task<void> not_without_tls(Office& scene) {
  const auto client = co_await scene.machine();
  REQUIRE(client);
  const auto reply = co_await say_mail(*client, scene.sender);
  CHECK(reply.to_string() == "530 5.7.0 Say STARTTLS first");
}

Task<void> not_too_many(Office& scene) {
  const auto client = co_await scene.machine();
  REQUIRE(client);
  for (int count = 0; count < 3; ++count) {
    const auto reply =
        co_await scene.send(*client, "aoki@example.jp", mail + std::to_string(count));
    CHECK(reply.code == 250);
  }
  auto reply = co_await say_mail(*client, scene.sender);
  CHECK(reply.code == 450);
  const auto neighbour = co_await scene.machine("192.0.2.51");
  REQUIRE(neighbour);
  reply = co_await say_mail(*neighbour, scene.sender);
  CHECK(reply.code == 250);
  co_await scene.net.timers.pass(std::chrono::hours(1));
  const auto again = co_await scene.machine();
  REQUIRE(again);
  reply = co_await say_mail(*again, scene.sender);
  CHECK(reply.code == 250);
}

Task<void> colleagues_only(Office& scene) {
  const auto client = co_await scene.machine();
  REQUIRE(client);
  co_await say_mail(*client, scene.sender);
  auto reply = co_await say_rcpt(*client, partner);
  CHECK(reply.code == 550);
  CHECK(reply.enhanced == "5.7.1");
  reply = co_await say_rcpt(*client, "aoki@example.jp");
  CHECK(reply.code == 250);
  CHECK(scene.outside.senders.empty());
}

Task<void> wrong_password(Office& scene) {
  const auto client = co_await scene.machine();
  REQUIRE(client);
  co_await say_mail(*client, scene.sender);
  auto reply = co_await say_rcpt(*client, partner);
  CHECK(reply.code == 451);
  reply = co_await say_rcpt(*client, "aoki@example.jp");
  CHECK(reply.code == 250);
}

}  // namespace

TEST_CASE("relay: a listed machine's message reaches both sides and others once", "[gateway]") {
  const Room room;
  Office scene(room.settings(config::RelayVia::new_side));
  scene.net.run(everybody_once(scene));
}
TEST_CASE("T-34 relay: nobody but listed machines, and not at port 25", "[gateway]") {
  const Room room;
  Office scene(room.settings(config::RelayVia::new_side));
  scene.net.run(strangers(scene));
}
TEST_CASE("T-34 relay: from listed senders only", "[gateway]") {
  const Room room;
  Office scene(room.settings(config::RelayVia::new_side));
  scene.net.run(senders(scene));
}
TEST_CASE("relay: TLS unless the settings let it be", "[gateway]") {
  const Room room;
  auto settings = room.settings(config::RelayVia::new_side);
  settings.relay.tls_required = true;
  Office scene(settings);
  scene.net.run(not_without_tls(scene));
}
TEST_CASE("relay: not more messages in an hour than allowed, machine by machine", "[gateway]") {
  const Room room;
  Office scene(room.settings(config::RelayVia::off));
  scene.net.run(not_too_many(scene));
}
TEST_CASE("T-34 relay: other domains by a side's log-in, or not at all", "[gateway]") {
  const Room room;
  Office off(room.settings(config::RelayVia::off));
  off.net.run(colleagues_only(off));
  const Room wrong("wrong");
  Office refused(wrong.settings(config::RelayVia::new_side));
  refused.net.run(wrong_password(refused));
}

}  // namespace tandem::gateway
