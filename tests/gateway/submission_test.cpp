// What logged-in people send (submission = gateway). Emi, who lives on the new side, is logged in
// at her side's submission server, which the test plays like the sides' other servers.
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

using Client = std::unique_ptr<net::SmtpClient>;

const std::string emi = "emi@example.jp";
const std::string partner = "taro@partner.example";
const std::string mail = "Message-ID: <1@example.jp>\r\nSubject: hello\r\n\r\nHello.\r\n";

Task<void> serve_person(net::StreamPtr stream, Gateway& gateway, migration::Submitter emi_there,
                        net::TaskGroup& group) {
  const auto policy = gateway.receive(std::move(emi_there), *stream);
  net::SmtpServerOptions options;
  options.group = &group;
  co_await net::serve_smtp(*stream, std::move(options), *policy);
}

struct Office : Scene {
  explicit Office(config::MigrationSettings settings = gateway_settings())
      : Scene(std::move(settings)) {
    sender = emi;
  }
  FakeHome hers;  // her side's submission server

  // Her program, logged in and ready for MAIL.
  Task<Client> log_in(std::string from = "198.51.100.9") {
    auto [near, far] = net::make_memory_pair(net.executor());
    net.group.spawn(serve_fake(std::move(far), hers, net.group));
    auto there = std::make_unique<net::SmtpClient>();
    const auto opened = co_await there->open(std::move(near), clear());
    REQUIRE(opened);
    const auto routes = registry().routes();
    migration::Submitter submitter{.account = routes->account(emi)->id,
                                   .migration = "example",
                                   .address = emi,
                                   .home = Side::new_side,
                                   .endpoint = inside("new", net::Protocol::submission),
                                   .client = std::move(there),
                                   .helo = {"laptop", true}};
    auto [ours, theirs] = net::make_memory_pair(net.executor());
    theirs->set_peer(std::move(from), 4711);
    net.group.spawn(serve_person(std::move(theirs), gateway(), std::move(submitter), net.group));
    auto client = std::make_unique<net::SmtpClient>();
    const auto greeted = co_await client->open(std::move(ours), clear());
    REQUIRE(greeted);
    co_return client;
  }
  static net::SmtpClientOptions clear() {
    net::SmtpClientOptions options;
    options.protocol.host = "laptop";
    options.protocol.tls = smtp::ClientOptions::Tls::never;
    return options;
  }
};

std::string trace_of(const std::string& message) {
  const auto at = message.find(" id ");
  return at == std::string::npos ? "" : message.substr(at + 4, 26);
}

// One message for a colleague on each side and somebody outside.
Task<void> everybody_once(Office& scene) {
  const auto client = co_await scene.log_in();
  const std::vector<std::string> all = {"aoki@example.jp", partner, "baba@example.jp"};
  const auto reply = co_await scene.send(*client, all, mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.recipients == std::vector<std::string>{partner});
  CHECK(scene.old_home.recipients == std::vector<std::string>{"aoki@example.jp"});
  CHECK(scene.new_home.recipients == std::vector<std::string>{"baba@example.jp"});
  for (const FakeHome* home : {&scene.hers, &scene.old_home, &scene.new_home}) {
    REQUIRE(home->messages.size() == 1);
    CHECK(home->messages[0].ends_with("\r\n" + mail));  // R16
    CHECK(home->messages[0].find(" with ESMTPA id ") != std::string::npos);
    CHECK(trace_of(home->messages[0]) == trace_of(scene.hers.messages[0]));
    CHECK(home->senders.back() == emi);
  }
  CHECK(scene.gateway().recent(10, trace_of(scene.hers.messages[0])).size() == 3);
  CHECK(scene.state_of(partner) == "delivered");
}

Task<void> among_colleagues(Office& scene) {
  const auto client = co_await scene.log_in();
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.senders == std::vector<std::string>{emi});
  CHECK(scene.hers.recipients.empty());
  CHECK(scene.hers.messages.empty());
  CHECK(scene.old_home.messages.size() == 1);
}

Task<void> sender_refused_at_mail(Office& scene) {
  scene.hers.mail["boss@example.jp"] = smtp::make_reply(553, "5.7.1", "Not yours");
  const auto client = co_await scene.log_in();
  auto reply = co_await say_mail(*client, "boss@example.jp");
  CHECK(reply.to_string() == "553 5.7.1 Not yours");
  reply = co_await scene.send(*client, "aoki@example.jp", mail);  // as herself
  CHECK(reply.code == 250);
}

Task<void> sender_refused_at_rcpt(Office& scene) {
  scene.hers.rcpt[emi] = smtp::make_reply(553, "5.7.1", "Sender address rejected: not owned");
  const auto client = co_await scene.log_in();
  scene.sender = "boss@example.jp";
  auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.to_string() == "553 5.7.1 Sender address rejected: not owned");
  reply = co_await say_rcpt(*client, "baba@example.jp");
  CHECK(reply.code == 553);
  CHECK(scene.hers.senders.size() == 1);  // asked once a message
  CHECK(scene.old_home.recipients.empty());
  CHECK(scene.new_home.recipients.empty());
}

// The question whether she may is no delivery to herself.
Task<void> alias_allowed(Office& scene) {
  const auto client = co_await scene.log_in();
  scene.sender = "sales@example.jp";
  const std::vector<std::string> both = {"aoki@example.jp", partner};
  const auto reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.senders.size() == 2);
  CHECK(scene.hers.recipients == std::vector<std::string>{emi, partner});
  REQUIRE(scene.hers.messages.size() == 1);
  CHECK(scene.old_home.messages.size() == 1);
  const auto rows = scene.gateway().recent(10, "");
  CHECK(rows.size() == 2);
}

// What her server refuses after the dot nobody gets.
Task<void> her_server_refuses(Office& scene) {
  scene.hers.end = smtp::make_reply(552, "5.3.4", "Too large");
  const auto client = co_await scene.log_in();
  const std::vector<std::string> all = {"aoki@example.jp", partner, "baba@example.jp"};
  auto reply = co_await scene.send(*client, all, mail);
  CHECK(reply.code == 552);
  CHECK(reply.enhanced == "5.3.4");
  scene.hers.end = smtp::make_reply(451, "4.7.0", "Too fast");
  reply = co_await scene.send(*client, all, mail);
  CHECK(reply.code == 451);
  CHECK(reply.enhanced == "4.7.0");
  CHECK(scene.old_home.messages.empty());
  CHECK(scene.new_home.messages.empty());
  CHECK(scene.gateway().queue(10).empty());
}

Task<void> her_server_is_silent(Office& scene) {
  scene.hers.vanish_after_dot = true;
  auto client = co_await scene.log_in();
  const std::vector<std::string> both = {"aoki@example.jp", partner};
  auto reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 451);
  CHECK(scene.old_home.messages.empty());
  reply = co_await say_mail(*client, emi);  // there is nobody to ask any more
  CHECK(reply.code == 421);
  scene.hers.vanish_after_dot = false;
  client = co_await scene.log_in();
  reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 451);  // it may have gone out
  CHECK(scene.hers.messages.size() == 1);
  co_await scene.net.timers.pass(std::chrono::minutes(6));
  client = co_await scene.log_in();
  reply = co_await scene.send(*client, both, mail);  // rather twice than not at all
  CHECK(reply.code == 250);
  CHECK(scene.hers.messages.size() == 2);
  CHECK(scene.old_home.messages.size() == 1);
}

// What a colleague's side does not take after the dot is ours to deliver.
Task<void> colleague_is_owed(Office& scene) {
  scene.start_workers();
  scene.old_home.end = smtp::make_reply(451, "4.3.0", "later");
  const auto client = co_await scene.log_in();
  const std::vector<std::string> both = {"aoki@example.jp", partner};
  const auto reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.messages.size() == 1);
  REQUIRE(scene.waiting("aoki@example.jp"));
  scene.old_home.end = smtp::make_reply(250, "2.0.0", "Ok");
  const auto arrived = [&] { return scene.state_of("aoki@example.jp") == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, std::chrono::minutes(2)));
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.hers.messages.size() == 1);
}

Task<void> colleague_is_refused(Office& scene) {
  scene.start_workers();
  scene.old_home.end = smtp::make_reply(554, "5.6.0", "I do not like it");
  const auto client = co_await scene.log_in();
  const std::vector<std::string> both = {"aoki@example.jp", partner};
  const auto reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 250);
  const auto reported = [&] { return scene.new_home.messages.size() == 1; };
  CHECK(co_await scene.pass_until(reported, std::chrono::minutes(2)));
  CHECK(scene.new_home.recipients == std::vector<std::string>{emi});
  CHECK(scene.new_home.messages[0].find("I do not like it") != std::string::npos);
  CHECK(scene.hers.messages.size() == 1);
}

Task<void> come_again(Office& scene, std::vector<std::string> recipients) {
  auto client = co_await scene.log_in();
  auto reply = co_await scene.send(*client, recipients, mail);
  CHECK(reply.code == 250);
  client->close();  // whether it has read that, nobody knows
  client = co_await scene.log_in();
  reply = co_await scene.send(*client, recipients, mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.messages.size() == 1);
  co_await say_mail(*client, emi);  // now it has read it
  const auto reset = co_await client->rset();
  REQUIRE(reset);
  co_await scene.settle();
  reply = co_await scene.send(*client, recipients, mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.messages.size() == 2);
}

// R11: a 250 is owed for the part that is delivered, and her server has no log-in of hers to be
// asked with later: she is told.
Task<void> outside_cannot_be_owed(Office& scene) {
  scene.start_workers();
  auto client = co_await scene.log_in();
  auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 250);
  client->close();
  client = co_await scene.log_in();
  scene.hers.end = smtp::make_reply(451, "4.3.0", "later");
  const std::vector<std::string> both = {"aoki@example.jp", partner};
  reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 250);
  const auto reported = [&] { return scene.new_home.messages.size() == 1; };
  CHECK(co_await scene.pass_until(reported, std::chrono::minutes(3)));
  CHECK(scene.state_of(partner) == "returned");
  CHECK(scene.new_home.recipients == std::vector<std::string>{emi});
  CHECK(scene.outside.messages.empty());  // never looked up
  CHECK(scene.old_home.messages.size() == 1);
}

Task<void> from_a_side_of_ours(Office& scene) {
  scene.start_workers();
  co_await scene.settle();
  const auto client = co_await scene.log_in("192.0.2.1");  // a webmail on the old side's machine
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.new_home.messages.empty());
}

Task<void> moved_meanwhile(Office& scene) {
  const auto client = co_await scene.log_in();
  co_await say_mail(*client, emi);
  for (const std::string& one : {std::string("aoki@example.jp"), partner}) {
    const auto reply = co_await say_rcpt(*client, one);
    CHECK(reply.code == 250);
  }
  const migration::Account aoki = *scene.registry().routes()->account("aoki@example.jp");
  const auto moved =
      co_await scene.registry().take_step(aoki.id, migration::Step::cut_over, aoki.epoch, "test");
  REQUIRE(moved);
  REQUIRE(co_await client->data_begin());
  REQUIRE(co_await client->data_chunk(mail));
  const auto replies = co_await client->data_end();
  REQUIRE(replies);
  CHECK(replies->front().code == 451);
  CHECK(scene.hers.messages.empty());
  const std::vector<std::string> both = {"aoki@example.jp", partner};
  const auto reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.messages.size() == 1);
  CHECK(scene.old_home.messages.empty());
  CHECK(scene.new_home.messages.size() == 1);
}

Task<void> gateway_not_enabled(Office& scene) {
  const auto client = co_await scene.log_in();
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 250);
  CHECK(scene.hers.recipients == std::vector<std::string>{"aoki@example.jp"});
}

Task<void> said_goodbye(Office& scene) {
  const auto client = co_await scene.log_in();
  CHECK(scene.hers.stream->is_open());
  co_await client->quit();
  co_await scene.settle();
  CHECK(scene.hers.quits == 1);
}

void on_stage(Task<void> (*story)(Office&),
              config::MigrationSettings settings = gateway_settings()) {
  Office scene(std::move(settings));
  scene.net.run(story(scene));
}

}  // namespace

TEST_CASE("submission: colleagues on both sides and others get a person's message once",
          "[gateway]") {
  on_stage(everybody_once);
}
TEST_CASE("submission: among colleagues a person's own server is asked for the sender only",
          "[gateway]") {
  on_stage(among_colleagues);
}
TEST_CASE("submission: nobody sends as another, whenever his server says so", "[gateway]") {
  on_stage(sender_refused_at_mail);
  on_stage(sender_refused_at_rcpt);
}
TEST_CASE("submission: asking whether an alias may send delivers nothing", "[gateway]") {
  on_stage(alias_allowed);
}
TEST_CASE("submission R3: what a person's own server refuses nobody gets", "[gateway]") {
  on_stage(her_server_refuses);
}
TEST_CASE("submission R13: a silent server of the person's own is a doubt", "[gateway]") {
  on_stage(her_server_is_silent);
}
TEST_CASE("submission R6: what a colleague's side does not take is owed, or reported",
          "[gateway]") {
  on_stage(colleague_is_owed);
  on_stage(colleague_is_refused);
}
TEST_CASE("submission R11: what comes again is not sent on twice", "[gateway]") {
  Office outside;
  outside.net.run(come_again(outside, {partner}));
  Office both;
  both.net.run(come_again(both, {"aoki@example.jp", partner}));
}
TEST_CASE("submission R11: for others nothing is owed, the person is told", "[gateway]") {
  on_stage(outside_cannot_be_owed);
}
TEST_CASE("submission T-35 R14: a log-in from a side's own address is no loop", "[gateway]") {
  auto settings = gateway_settings();
  settings.old_side.smtp->host = "192.0.2.1";
  on_stage(from_a_side_of_ours, settings);
}
TEST_CASE("submission T-32 R15: a colleague who is moved meanwhile", "[gateway]") {
  on_stage(moved_meanwhile);
}
TEST_CASE("submission: domains that the gateway does not take are left to the person's server",
          "[gateway]") {
  auto settings = gateway_settings();
  settings.gateway.enabled = false;
  on_stage(gateway_not_enabled, settings);
}
TEST_CASE("submission: QUIT is passed on", "[gateway]") {
  on_stage(said_goodbye);
}

}  // namespace tandem::gateway
