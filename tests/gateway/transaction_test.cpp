#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

const std::string letter = "Subject: hello\r\n\r\nbody\r\n";

Task<void> reader_decides(Scene& scene) {
  const auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.new_home.messages.empty());
  reply = co_await scene.send(*client, "baba@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.new_home.messages.size() == 1);
}

Task<void> refusals_are_passed_on(Scene& scene) {
  scene.old_home.rcpt["nobody@example.jp"] = smtp::make_reply(550, "5.1.1", "no such user");
  scene.old_home.rcpt["busy@example.jp"] = smtp::make_reply(451, "4.7.1", "greylisted");
  const auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, "nobody@example.jp", letter);
  CHECK(reply.code == 550);
  CHECK(reply.enhanced == "5.1.1");
  co_await client->rset();
  reply = co_await scene.send(*client, "busy@example.jp", letter);
  CHECK(reply.code == 451);
  co_await client->rset();
  scene.old_home.end = smtp::make_reply(552, "5.2.2", "mailbox full");
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 552);
  CHECK(reply.text().find("mailbox full") != std::string::npos);
  CHECK(scene.gateway().pending_mirrors(1) == 0);  // R3: cancelled
}

Task<void> foreign_domains(Scene& scene) {
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, "x@elsewhere.example", letter);
  CHECK(reply.code == 550);
  CHECK(reply.enhanced == "5.7.1");
  CHECK(scene.old_home.recipients.empty());
}

// Everything but our Received field is what came.
std::string without_received(const std::string& message) {
  const auto subject = message.find("Subject:");
  return subject == std::string::npos ? message : message.substr(subject);
}

Task<void> bytes_are_kept(Scene& scene) {
  const std::string odd = "Subject: hello\r\n\r\n.dot\r\n..two\r\n" + std::string(3000, 'x') +
                          "\xE3\x81\x82\r\n.\x20\r\n";
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, "aoki@example.jp", odd);
  REQUIRE(reply.code == 250);
  const std::string& got = scene.old_home.messages.at(0);
  CHECK(got.starts_with("Received: from mta.sender.example"));
  CHECK(without_received(got) == odd);
}

Task<void> client_goes_before_dot(Scene& scene) {
  const auto client = co_await scene.connect();
  co_await say_mail(*client);
  co_await say_rcpt(*client, "aoki@example.jp");
  co_await client->data_begin();
  const auto written = co_await client->stream().write(letter);
  REQUIRE(written);
  co_await scene.settle();
  client->close();
  co_await scene.net.timers.settle();
  CHECK(scene.old_home.messages.empty());
}

Task<void> held_for_a_cut_over(Scene& scene) {
  const AccountId aoki = scene.registry().routes()->account("aoki@example.jp")->id;
  const bool quiet = co_await scene.gateway().hold_and_drain(aoki, std::chrono::seconds(1));
  CHECK(quiet);
  const auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 451);
  CHECK(reply.enhanced == "4.2.1");
  co_await client->rset();
  reply = co_await scene.send(*client, "baba@example.jp", letter);
  CHECK(reply.code == 250);
  co_await scene.gateway().release(aoki);
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
}

Task<void> epoch_changes_before_the_dot(Scene& scene) {
  const auto client = co_await scene.connect();
  co_await say_mail(*client);
  co_await say_rcpt(*client, "aoki@example.jp");
  const auto* aoki = scene.registry().routes()->account("aoki@example.jp");
  const auto moved =
      co_await scene.registry().take_step(aoki->id, migration::Step::cut_over, aoki->epoch, "test");
  REQUIRE(moved);
  co_await client->data_begin();
  co_await client->data_chunk(letter);
  const auto replies = co_await client->data_end();
  REQUIRE(replies);
  CHECK(replies->front().code == 451);
  CHECK(scene.old_home.messages.empty());
}

Task<void> answer_lost_on_the_way(Scene& scene) {
  // The home side takes the message and dies before its answer: nobody may say 250, nobody may
  // deliver it again while it can still be found.
  scene.old_home.vanish_after_dot = true;
  auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 451);
  scene.old_home.vanish_after_dot = false;
  client = co_await scene.connect();
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 451);
  CHECK(scene.old_home.messages.size() == 1);
}

Task<void> unseen_answer_is_repeated(Scene& scene) {
  // The client dies without a further command: whether it saw our 250 nobody knows (R11).
  auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  REQUIRE(reply.code == 250);
  const std::string first = reply.text();
  client->close();
  client = co_await scene.connect();
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(reply.text() == first + ", as before");
  CHECK(scene.old_home.messages.size() == 1);
  // Another command shows that the answer was seen: the same bytes are a new message now.
  co_await client->rset();
  reply = co_await say_mail(*client);
  co_await client->rset();
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 2);
  // So does a QUIT that came after the answer had left.
  co_await client->quit();
  client->close();
  co_await scene.settle();
  const auto another = co_await scene.connect();
  reply = co_await scene.send(*another, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 3);
}

// An answer that stood for one recipient says nothing about the other.
Task<void> read_for_one_of_two(Scene& scene) {
  std::vector<std::string> both;
  both.emplace_back("aoki@example.jp");
  both.emplace_back("fuji@example.jp");
  auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, both, letter);
  CHECK(reply.code == 250);
  client->close();  // unread
  co_await scene.settle();
  client = co_await scene.connect();
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.text().ends_with(", as before"));
  co_await client->quit();
  client->close();
  co_await scene.settle();
  client = co_await scene.connect();
  reply = co_await scene.send(*client, "fuji@example.jp", letter);
  CHECK(reply.text().ends_with(", as before"));
  CHECK(scene.old_home.messages.size() == 1);
}

// QUIT in one piece with the dot proves nothing: nobody has read an answer yet.
Task<void> quit_before_the_answer(Scene& scene) {
  auto client = co_await scene.connect();
  co_await say_mail(*client);
  co_await say_rcpt(*client, "aoki@example.jp");
  REQUIRE(co_await client->data_begin());
  const auto content = as_content(letter) + "QUIT\r\n";
  REQUIRE(co_await client->stream().write(content));
  co_await scene.settle();
  client->close();
  co_await scene.settle();
  CHECK(scene.old_home.messages.size() == 1);
  client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(reply.text().ends_with(", as before"));
  CHECK(scene.old_home.messages.size() == 1);
}

Task<void> home_connections(Scene& scene) {
  const auto client = co_await scene.connect();
  for (int number = 0; number < 3; ++number) {
    const auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
    CHECK(reply.code == 250);
  }
  CHECK(scene.old_home.connections == 1);  // used again
  // A server that has closed meanwhile is asked again, in a new connection: no sender hears of it.
  scene.old_home.stream->close();
  auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 4);
  CHECK(scene.old_home.connections == 2);
  co_await scene.net.timers.pass(std::chrono::seconds(29));
  CHECK(scene.old_home.open == 1);
  co_await scene.net.timers.pass(std::chrono::seconds(2));
  CHECK(scene.old_home.open == 0);
  reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.connections == 3);
}

// R8, R9: nothing but the home side's answer is waited for before the copy is tried.
Task<void> copy_at_once(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, "aoki@example.jp", letter);
  CHECK(reply.code == 250);
  // The scene's mirror cannot be reached, so that a copy that was tried is a debt.
  const auto tried = [&] {
    const auto waiting = scene.gateway().queue(10);
    return waiting.size() == 1 && waiting[0].kind == "debt" && waiting[0].attempts == 1;
  };
  co_await scene.until(tried);  // without the clock moving
}

Task<void> too_many_hops(Scene& scene) {
  std::string looping;
  for (int i = 0; i < 31; ++i)
    looping += "Received: from a by b; Tue, 24 Nov 2026 10:00:00 +0900\r\n";
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, "aoki@example.jp", looping + letter);
  CHECK(reply.code == 554);
  CHECK(reply.enhanced == "5.4.6");
  CHECK(scene.old_home.messages.empty());
}

Task<void> third_time_round(Scene& scene) {
  // A forward that leads back to us: the copy that was delivered comes again, and again.
  const auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, "chiba@example.jp", letter);
  CHECK(reply.code == 250);
  co_await scene.settle();
  const std::string second = scene.old_home.messages.at(0);
  reply = co_await scene.send(*client, "chiba@example.jp", second);
  CHECK(reply.code == 250);
  co_await scene.settle();
  const std::string third = scene.old_home.messages.at(1);
  reply = co_await scene.send(*client, "chiba@example.jp", third);
  CHECK(reply.code == 554);
  CHECK(reply.enhanced == "5.4.6");
  CHECK(scene.old_home.messages.size() == 2);
  // For somebody else it is no loop.
  co_await client->rset();
  reply = co_await scene.send(*client, "fuji@example.jp", third);
  CHECK(reply.code == 250);
}

}  // namespace

TEST_CASE("gateway R1 R4: the side where the reader is takes the message and its answer counts") {
  Scene scene;
  scene.net.run(reader_decides(scene));
}
TEST_CASE("gateway R1 R3: the home side's refusals are the answers, and cancel the mirror") {
  Scene scene;
  scene.net.run(refusals_are_passed_on(scene));
}
TEST_CASE("T-34 gateway: a domain that is not ours is refused from anyone") {
  Scene scene;
  scene.net.run(foreign_domains(scene));
}
TEST_CASE("gateway R16: the bytes received are the bytes delivered") {
  Scene scene;
  scene.net.run(bytes_are_kept(scene));
}
TEST_CASE("gateway: a client that goes before its dot delivers nothing") {
  Scene scene;
  scene.net.run(client_goes_before_dot(scene));
}
TEST_CASE("gateway R15: an account held for a cut-over defers, others go on") {
  Scene scene;
  scene.net.run(held_for_a_cut_over(scene));
}
TEST_CASE("gateway R15: a transaction of an old epoch is not delivered") {
  Scene scene;
  scene.net.run(epoch_changes_before_the_dot(scene));
}
TEST_CASE("gateway R13: silence after the dot is doubt, not a second delivery") {
  Scene scene;
  scene.net.run(answer_lost_on_the_way(scene));
}
TEST_CASE(
    "gateway R11: a message that comes again because its answer was lost is not delivered twice") {
  Scene scene;
  scene.net.run(unseen_answer_is_repeated(scene));
}
TEST_CASE("gateway R11: an answer that was read counts for those it stood for") {
  Scene scene;
  scene.net.run(read_for_one_of_two(scene));
}

TEST_CASE("gateway R11: a QUIT sent before the answer is no proof that it was read") {
  Scene scene;
  scene.net.run(quit_before_the_answer(scene));
}

TEST_CASE("gateway: connections to a home are used again, replaced when closed, ended after 30 s") {
  Scene scene;
  scene.net.run(home_connections(scene));
}

TEST_CASE("gateway R8: a mirror copy is tried at once") {
  Scene scene;
  scene.net.run(copy_at_once(scene));
}

TEST_CASE("gateway R14: a message with too many hops is refused") {
  Scene scene;
  scene.net.run(too_many_hops(scene));
}

TEST_CASE("T-26 gateway R14: a message that passed us twice for the same recipient is refused") {
  Scene scene;
  scene.net.run(third_time_round(scene));
}

TEST_CASE("gateway R12: an unreachable home is 451, never 250") {
  auto settings = gateway_settings();
  settings.old_side.smtp = net::Endpoint{
      .protocol = net::Protocol::smtp, .host = "127.0.0.1", .port = 1, .tls = net::TlsMode::never};
  Scene scene(settings);
  scene.net.run([](Scene& in) -> Task<void> {
    const auto client = co_await in.connect();
    const auto reply = co_await in.send(*client, "aoki@example.jp", letter);
    CHECK(reply.code == 451);
    CHECK(reply.enhanced == "4.4.1");
  }(scene));
}

}  // namespace tandem::gateway
