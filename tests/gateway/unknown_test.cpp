// Recipients whom their own side does not know (R5), and a side that is away (R12).
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;
using config::OnUnknown;
using smtp::make_reply;

const std::string letter = "Subject: hello\r\n\r\nbody\r\n";
const std::string aoki = "aoki@example.jp";          // home old, mirror new
const std::string baba = "baba@example.jp";          // home new, mirror old
const std::string chiba = "chiba@example.jp";        // home old, no mirror
const std::string unlisted = "unlisted@example.jp";  // of the domain, home old

config::MigrationSettings with(OnUnknown policy) {
  auto settings = gateway_settings();
  settings.gateway.on_unknown = policy;
  return settings;
}

config::MigrationSettings spooling() {
  auto settings = gateway_settings();
  settings.gateway.when_home_is_down = config::WhenHomeIsDown::spool;
  return settings;
}

smtp::Reply no_such() {
  return make_reply(550, "5.1.1", "User unknown");
}

Task<void> stands_in(Scene& scene) {
  const auto client = co_await scene.connect();
  scene.new_home.rcpt[baba] = no_such();
  scene.old_home.choosy = true;
  auto reply = co_await scene.send(*client, baba, letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.new_home.messages.empty());
  co_await scene.settle();
  const auto seen = scene.gateway().recent(1, "");
  CHECK(seen.at(0).fallback);
  CHECK(seen.at(0).home_side == Side::old_side);
  CHECK(seen.at(0).mirror == "none");
  // The probe is not repeated.
  const auto probes = scene.old_home.probed;
  CHECK(probes == 1);
  reply = co_await scene.send(*client, baba, letter + "again\r\n");
  CHECK(reply.code == 250);
  CHECK(scene.old_home.probed == probes);
}

Task<void> catch_all_is_not_believed(Scene& scene) {
  const auto client = co_await scene.connect();
  scene.new_home.rcpt[baba] = no_such();
  auto reply = co_await scene.send(*client, baba, letter);
  CHECK(reply.code == 451);  // the account list knows him
  scene.old_home.rcpt[unlisted] = no_such();
  co_await client->rset();
  reply = co_await scene.send(*client, unlisted, letter);
  CHECK(reply.code == 550);
  CHECK(scene.old_home.messages.empty());
  CHECK(scene.new_home.messages.empty());
}

Task<void> unknown_everywhere(Scene& scene) {
  const auto client = co_await scene.connect();
  scene.old_home.choosy = scene.new_home.choosy = true;
  scene.old_home.rcpt[unlisted] = scene.new_home.rcpt[unlisted] = no_such();
  scene.old_home.rcpt[aoki] = scene.new_home.rcpt[aoki] = no_such();
  auto reply = co_await scene.send(*client, unlisted, letter);
  CHECK(reply.to_string().starts_with("550 5.1.1"));
  co_await client->rset();
  reply = co_await scene.send(*client, aoki, letter);
  CHECK(reply.code == 451);
  // Another refusal than "unknown" stays the home's.
  scene.old_home.rcpt[aoki] = make_reply(552, "5.2.2", "Mailbox full");
  co_await client->rset();
  reply = co_await scene.send(*client, aoki, letter);
  CHECK(reply.code == 552);
}

Task<void> new_people(Scene& scene) {
  // Made at the new side only, and not in the list: the old side, home of the rest, knows them not.
  const auto client = co_await scene.connect();
  scene.old_home.rcpt[unlisted] = no_such();
  scene.new_home.choosy = true;
  const auto reply = co_await scene.send(*client, unlisted, letter);
  CHECK(reply.code == 250);
  CHECK(scene.new_home.messages.size() == 1);
}

Task<void> deferred(Scene& scene) {
  const auto client = co_await scene.connect();
  scene.old_home.rcpt[unlisted] = no_such();
  scene.new_home.choosy = true;
  auto reply = co_await scene.send(*client, unlisted, letter);
  CHECK(reply.code == 451);
  scene.new_home.rcpt[unlisted] = no_such();
  co_await client->rset();
  reply = co_await scene.send(*client, unlisted, letter);
  CHECK(reply.code == 550);
  CHECK(scene.new_home.messages.empty());
}

Task<void> rejected(Scene& scene) {
  const auto client = co_await scene.connect();
  scene.new_home.rcpt[baba] = no_such();
  scene.old_home.choosy = true;
  const auto reply = co_await scene.send(*client, baba, letter);
  CHECK(reply.code == 550);
  CHECK(scene.old_home.senders.empty());
}

Task<void> owed_waits_for_the_mailbox(Scene& scene) {
  // Accepted for two, one of them owed; then his mailbox is not there: no report, it is tried on.
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(451, "4.3.0", "try later");
  const std::vector<std::string> both = {aoki, baba};
  co_await scene.send(*client, both, letter);
  scene.new_home.end = make_reply(250, "2.0.0", "Ok");
  scene.new_home.rcpt[baba] = no_such();
  co_await scene.net.timers.pass(10min);
  co_await scene.settle();
  INFO(scene.state_of(baba) << " " << scene.gateway().recent(9, baba).at(0).answer);
  REQUIRE(scene.waiting(baba));
  CHECK(scene.waiting(baba)->kind == "owed");
  scene.new_home.rcpt.clear();
  const auto arrived = [&] { return scene.state_of(baba) == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, 70min));
  CHECK(scene.new_home.messages.size() == 1);
  CHECK(scene.outside.messages.empty());
}

Task<void> kept_while_away(Scene& scene) {
  scene.start_workers();
  auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, chiba, letter);
  CHECK(reply.code == 250);
  co_await client->quit();
  co_await scene.settle();
  co_await scene.net.timers.pass(31s);  // the idle connection is not used again
  scene.old_home.down = true;
  client = co_await scene.connect();
  reply = co_await scene.send(*client, "dai@example.jp", letter);
  CHECK(reply.code == 451);  // not seen in the last day
  co_await client->rset();
  reply = co_await scene.send(*client, chiba, letter + "two\r\n");
  CHECK(reply.code == 250);
  CHECK(scene.waiting(chiba)->kind == "owed");
  // The same bytes again, the answer not read: once.
  client->close();
  client = co_await scene.connect();
  reply = co_await scene.send(*client, chiba, letter + "two\r\n");
  CHECK(reply.code == 250);
  CHECK(scene.gateway().counts("").owed == 1);
  scene.old_home.down = false;
  const auto arrived = [&] { return scene.gateway().counts("").owed == 0; };
  CHECK(co_await scene.pass_until(arrived, 10min));
  CHECK(scene.old_home.messages.size() == 2);
}

Task<void> not_kept_unasked(Scene& scene) {
  auto client = co_await scene.connect();
  co_await scene.send(*client, chiba, letter);
  co_await client->quit();
  co_await scene.settle();
  co_await scene.net.timers.pass(31s);
  scene.old_home.down = true;
  client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, chiba, letter + "two\r\n");
  CHECK(reply.code == 451);
}

}  // namespace

TEST_CASE("gateway R5: the other side stands in for one that does not know the reader yet") {
  Scene scene;
  scene.net.run(stands_in(scene));
}
TEST_CASE("gateway R5: a side that takes anybody does not stand in") {
  Scene scene;
  scene.net.run(catch_all_is_not_believed(scene));
}
TEST_CASE("gateway R5: unknown everywhere is final, but not for the account list") {
  Scene scene;
  scene.net.run(unknown_everywhere(scene));
}
TEST_CASE("gateway R5: an address that only the new side has is delivered there") {
  Scene scene;
  scene.net.run(new_people(scene));
}
TEST_CASE("gateway R5: on_unknown = defer has the sender try again") {
  Scene scene(with(OnUnknown::defer));
  scene.net.run(deferred(scene));
}
TEST_CASE("gateway R5: on_unknown = reject leaves the last word to the home side") {
  Scene scene(with(OnUnknown::reject));
  scene.net.run(rejected(scene));
}
TEST_CASE("gateway R5: what is owed waits for a mailbox that is not there yet") {
  Scene scene;
  scene.net.run(owed_waits_for_the_mailbox(scene));
}
TEST_CASE("gateway R12: mail for a known reader is kept while his side is away") {
  Scene scene(spooling());
  scene.net.run(kept_while_away(scene));
}
TEST_CASE("gateway R12: by default the sender tries again while a side is away") {
  Scene scene;
  scene.net.run(not_kept_unasked(scene));
}

}  // namespace tandem::gateway
