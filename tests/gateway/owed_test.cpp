// Several homes in one transaction, and what follows from it (R6).
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;
using smtp::make_reply;

const std::string letter = "Subject: hello\r\n\r\nbody\r\n";
const std::string aoki = "aoki@example.jp";    // home old, mirror new
const std::string baba = "baba@example.jp";    // home new, mirror old
const std::string chiba = "chiba@example.jp";  // home old, no mirror

std::vector<std::string> both() {
  return {aoki, baba};
}

Task<void> both_get_it(Scene& scene) {
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.recipients == std::vector{aoki});
  CHECK(scene.new_home.recipients == std::vector{baba});
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.new_home.messages.size() == 1);
  CHECK(scene.old_home.messages == scene.new_home.messages);
}

Task<void> both_refuse(Scene& scene) {
  const auto client = co_await scene.connect();
  scene.old_home.end = make_reply(552, "5.2.2", "full");
  scene.new_home.end = make_reply(452, "4.3.1", "no space");
  auto reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 452);
  co_await client->rset();
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 552);
  CHECK(scene.gateway().queue(10).empty());
  CHECK(scene.gateway().counts("").refused == 4);
}

Task<void> mixed_is_owed(Scene& scene) {
  scene.start_workers();
  auto client = co_await scene.connect();
  scene.new_home.end = make_reply(451, "4.3.0", "try later");
  auto reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 250);
  CHECK(scene.new_home.messages.empty());
  const auto waiting = scene.waiting(baba);
  REQUIRE(waiting);
  CHECK(waiting->kind == "owed");
  CHECK(waiting->words == "451 4.3.0 try later");
  CHECK(scene.gateway().counts("").owed == 1);

  // The sender does not know what it was told, and sends again: nobody gets it twice.
  client->close();
  client = co_await scene.connect();
  reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);

  // Tried after a minute, again after five more; then the server takes it.
  co_await scene.net.timers.pass(61s);
  const auto tried = [&] { return scene.tried(baba); };
  co_await scene.until(tried);
  scene.new_home.end = make_reply(250, "2.0.0", "Ok");
  co_await scene.net.timers.pass(200s);
  CHECK(scene.new_home.messages.empty());
  const auto arrived = [&] { return scene.state_of(baba) == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, 10min));
  CHECK(scene.new_home.messages.size() == 1);
  CHECK(scene.new_home.messages == scene.old_home.messages);
  CHECK(scene.gateway().counts("").owed == 0);
}

Task<void> owed_follows_the_reader(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(451, "4.3.0", "try later");
  co_await scene.send(*client, both(), letter);
  const migration::Account account = *scene.registry().routes()->account(baba);
  const auto moved = co_await scene.registry().take_step(account.id, migration::Step::roll_back,
                                                         account.epoch, "test");
  REQUIRE(moved);
  scene.old_home.messages.clear();
  const auto arrived = [&] { return scene.state_of(baba) == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, 2min));
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.new_home.messages.empty());
  CHECK(scene.gateway().pending_mirrors(account.id) == 1);
}

Task<void> unreachable_is_owed(Scene& scene) {
  // The new side dies between RCPT and the message, and stays away.
  const auto client = co_await scene.connect();
  co_await say_mail(*client);
  co_await say_rcpt(*client, aoki);
  co_await say_rcpt(*client, baba);
  scene.new_home.down = true;
  scene.new_home.stream->close();
  co_await client->data_begin();
  co_await client->data_chunk(letter);
  const auto replies = co_await client->data_end();
  REQUIRE(replies);
  CHECK(replies->front().code == 250);
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.waiting(baba));
}

Task<void> silence_of_one_is_ours(Scene& scene) {
  // One side has it, the other took it and fell silent: 250, and the doubt is ours. Its mailbox
  // cannot be searched here: after gateway.in_doubt it is sent again, and marked (R10).
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.vanish_after_dot = true;
  const auto reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 250);
  scene.new_home.vanish_after_dot = false;
  CHECK(scene.gateway().counts("").owed == 1);
  co_await scene.net.timers.pass(4min);
  CHECK(scene.new_home.messages.size() == 1);
  const auto arrived = [&] { return scene.state_of(baba) == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, 10min));
  CHECK(scene.new_home.messages.size() == 2);
}

Task<void> person_decides(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(451, "4.3.0", "try later");
  co_await scene.send(*client, both(), letter);
  const std::string trace = scene.waiting(baba)->trace_id;
  auto done = co_await scene.gateway().retry("nothing-here", "");
  CHECK_FALSE(done);
  scene.new_home.end = make_reply(250, "2.0.0", "Ok");
  // Both wait: what baba is owed, and the copy for aoki, whose mirror cannot be reached.
  const auto both_wait = [&] { return scene.gateway().queue(10).size() == 2; };
  co_await scene.until(both_wait);
  done = co_await scene.gateway().retry(trace, "");
  CHECK(done.value_or(0) == 2);
  const auto arrived = [&] { return scene.state_of(baba) == "delivered"; };
  co_await scene.until(arrived);

  scene.new_home.end = make_reply(451, "4.3.0", "try later");
  co_await scene.send(*client, both(), letter + "another\r\n");
  const std::string second = scene.waiting(baba)->trace_id;
  done = co_await scene.gateway().drop(second, baba, "told by telephone");
  CHECK(done.value_or(0) == 1);
  CHECK_FALSE(scene.waiting(baba));
  CHECK(scene.state_of(baba) == "dropped");
}

// A copy that cannot be made counts against a roll-back until a person waives it.
Task<void> copy_is_waived(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  const std::vector<std::string> only = {aoki};
  co_await scene.send(*client, only, "Message-ID: <one@sender.example>\r\n" + letter);
  const auto failed = [&] { return scene.gateway().counts("").debts == 1; };
  co_await scene.until(failed);
  const migration::AccountId account = scene.registry().routes()->account(aoki)->id;
  CHECK(scene.gateway().pending_mirrors(account) == 1);
  const auto before = scene.gateway().recent(10, "one@sender");
  REQUIRE(before.size() == 1);
  CHECK(before[0].mirror == "debt");
  CHECK_FALSE(before[0].mirror_words.empty());
  CHECK(before[0].size > letter.size());
  const auto done = co_await scene.gateway().drop(before[0].trace_id, "", "not wanted there");
  CHECK(done.value_or(0) == 1);
  CHECK(scene.gateway().pending_mirrors(account) == 0);
  CHECK(scene.gateway().queue(10).empty());
  const auto after = scene.gateway().recent(10, before[0].trace_id);
  CHECK(after[0].mirror == "waived");
  CHECK(after[0].mirror_words == "not wanted there");
  CHECK(scene.state_of(aoki) == "delivered");
}

Task<void> same_recipient_twice(Scene& scene) {
  const auto client = co_await scene.connect();
  const std::vector<std::string> twice = {chiba, "Chiba@EXAMPLE.jp"};
  const auto reply = co_await scene.send(*client, twice, letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.recipients == std::vector{chiba});
}

}  // namespace

TEST_CASE("gateway R6: recipients at both sides get one message each, the same bytes") {
  Scene scene;
  scene.net.run(both_get_it(scene));
}
TEST_CASE(
    "gateway R3 R6: when all sides refuse, the answer is 4yz if any is, and nothing is owed") {
  Scene scene;
  scene.net.run(both_refuse(scene));
}
TEST_CASE("gateway R6: a mixed outcome is 250, and what failed is owed and delivered later") {
  Scene scene;
  scene.net.run(mixed_is_owed(scene));
}
TEST_CASE("gateway R6: what is owed goes to the home its reader has then") {
  Scene scene;
  scene.net.run(owed_follows_the_reader(scene));
}
TEST_CASE("gateway R6: a side that dies before the message is owed it") {
  Scene scene;
  scene.net.run(unreachable_is_owed(scene));
}
TEST_CASE("gateway R10: a silence among yeses is our doubt, and at last a marked repetition") {
  Scene scene;
  scene.net.run(silence_of_one_is_ours(scene));
}
TEST_CASE("gateway: a person has what is owed tried now, or gives it up") {
  Scene scene;
  scene.net.run(person_decides(scene));
}
TEST_CASE("gateway R9: a person waives a copy and says why; found by its Message-ID") {
  Scene scene;
  scene.net.run(copy_is_waived(scene));
}
TEST_CASE("gateway: one recipient named twice is one recipient") {
  Scene scene;
  scene.net.run(same_recipient_twice(scene));
}

}  // namespace tandem::gateway
