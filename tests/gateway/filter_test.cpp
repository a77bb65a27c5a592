// The milters that the gateway asks: what they refuse, add, hold back, and what happens without
// them.
#include "proxy/gateway/sender_proof.hpp"
#include "tests/gateway/scene.hpp"
#include "tests/support/serve_milter.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using test::milter_field;
using test::milter_packet;
using test::ScriptedMilter;

const std::string letter = "Subject: hello\r\nX-Kept:  as it is\r\n\r\nbody\r\n";
const std::string aoki = "aoki@example.jp";    // home old, mirror new
const std::string baba = "baba@example.jp";    // home new, mirror old
const std::string chiba = "chiba@example.jp";  // home old, no mirror

FilterOptions asking(config::MilterWhenDown when_down, Duration limit) {
  FilterOptions options;
  for (const char* name : {"first", "second"})
    options.milters.push_back({.host = {}, .port = 0, .path = {}, .in_process = name});
  options.when_down = when_down;
  options.limits.whole = limit;
  return options;
}

// Two milters; one that is `down` closes each connection.
struct Filtered {
  std::map<std::string, ScriptedMilter> milters;
  std::map<std::string, bool> down;
  Scene scene;

  explicit Filtered(config::MilterWhenDown when_down = config::MilterWhenDown::accept,
                    Duration limit = std::chrono::seconds(120))
      : milters{{"first", {}}, {"second", {}}},
        scene(
            gateway_settings(),
            [this](const std::string& name, net::StreamPtr& stream, net::Protocol) {
              const auto milter = milters.find(name);
              if (milter == milters.end()) return false;
              if (!down[name])
                scene.net.group.spawn(test::serve_milter(std::move(stream), milter->second));
              return true;
            },
            asking(when_down, limit)) {}

  Task<smtp::Reply> send(std::string recipient, std::string bytes = letter) {
    const auto client = co_await scene.connect();
    co_return co_await scene.send(*client, std::move(recipient), std::move(bytes));
  }
};

std::string after_received(const std::string& message) {
  const auto end = message.find("\r\n", message.find("+0000"));
  return message.substr(end + 2);
}

Task<void> fields_stand_in_front(Filtered& at) {
  at.milters["first"].answers['E'] =
      milter_field('i', "Authentication-Results", "gate.example;\n\tspf=pass") + milter_packet('c');
  at.milters["second"].answers['E'] = milter_field('h', "X-Spamd-Bar", "/") + milter_packet('a');
  for (const auto& recipient : {aoki, chiba}) {
    const auto reply = co_await at.send(recipient);
    CHECK(reply.code == 250);
    const std::string& got = at.scene.old_home.messages.back();
    CHECK(got.starts_with("Received: from mta.sender.example"));
    CHECK(after_received(got) ==
          "X-Spamd-Bar: /\r\nAuthentication-Results: "
          "gate.example;\r\n\tspf=pass\r\n" +
              letter);
  }
  // The second saw what the first had added, the recipient, and every byte.
  const std::string seen = at.milters["second"].heard('L');
  CHECK(seen.find(std::string("Authentication-Results\0gate.example;\n\tspf=pass\0", 47)) == 0);
  CHECK(seen.find(std::string("X-Kept\0 as it is\0", 17)) != std::string::npos);
  CHECK(at.milters["second"].heard('B') == "body\r\nbody\r\n");
  CHECK(at.milters["first"].heard('R') ==
        std::string("<aoki@example.jp>\0<chiba@example.jp>\0", 37));
}

Task<void> refusal_reaches_no_side(Filtered& at) {
  const std::vector<std::pair<std::string, std::string>> answers = {
      {milter_packet('y', std::string("554 5.7.1 Gtube pattern\0", 24)), "554 5.7.1 Gtube pattern"},
      {milter_packet('t'), "451 4.7.1 A filter asks to try again later"},
      {milter_packet('d'), "550 5.7.1 The message was refused by a filter"}};
  for (const auto& [answer, words] : answers) {
    for (const char step : {'M', 'R', 'B', 'E'}) {
      at.milters["first"].answers = ScriptedMilter().answers;
      at.milters["first"].answers[step] = answer;
      const auto reply = co_await at.send(aoki);
      CHECK(reply.to_string() == words);
    }
  }
  CHECK(at.scene.old_home.messages.empty());
  CHECK(at.scene.new_home.messages.empty());
  CHECK(at.scene.gateway().pending_mirrors(1) == 0);
  CHECK(at.scene.gateway().queue(10).empty());
  CHECK(at.milters["second"].told.empty());
}

Task<void> down_is_gone_by(Filtered& at) {
  at.down["first"] = true;
  at.milters["second"].answers['E'] = milter_field('h', "X-Second", "yes") + milter_packet('c');
  auto reply = co_await at.send(aoki);
  CHECK(reply.code == 250);
  CHECK(after_received(at.scene.old_home.messages.back()) == "X-Second: yes\r\n" + letter);
  at.milters["second"].answers['O'] = "HTTP/1.1 400 Bad Request\r\n\r\n";
  reply = co_await at.send(chiba);
  CHECK(reply.code == 250);
  CHECK(after_received(at.scene.old_home.messages.back()) == letter);
  CHECK(at.scene.gateway().counts("").not_judged == 3);
  at.down["first"] = false;
  reply = co_await at.send(chiba, letter + "again\r\n");
  CHECK(reply.code == 250);
  CHECK(at.scene.gateway().counts("").not_judged == 2);  // the second is still down
}

Task<void> down_puts_off(Filtered& at) {
  at.down["second"] = true;
  auto reply = co_await at.send(aoki);
  CHECK(reply.code == 451);
  CHECK(reply.enhanced == "4.7.1");
  CHECK(at.scene.old_home.messages.empty());
  at.down["second"] = false;
  reply = co_await at.send(aoki);
  CHECK(reply.code == 250);
  CHECK(at.scene.old_home.messages.size() == 1);
}

Task<void> forged_is_removed(Filtered& at) {
  const std::string forged =
      "Authentication-Results: gate.example; spf=pass\r\n"
      "Subject: hello\r\n"
      "authentication-results : (x) \"GATE.example\"\r\n ; dkim=pass\r\n"
      "Authentication-Results: other.example; dkim=pass\r\n\r\n";
  std::string big;  // more than a draft keeps in memory
  for (int i = 0; i < 4'000; ++i) big += std::string(76, 'x') + "\r\n";
  const auto reply = co_await at.send(aoki, forged + big);
  REQUIRE(reply.code == 250);
  CHECK(after_received(at.scene.old_home.messages.back()) ==
        "Subject: hello\r\nAuthentication-Results: other.example; dkim=pass\r\n\r\n" + big);
  CHECK(at.milters["first"].heard('L').find("GATE") == std::string::npos);
}

Task<void> changes_are_not_made(Filtered& at) {
  at.milters["first"].answers['E'] =
      milter_field('m', "Subject", "[SPAM] hello") + milter_field('h', "Subject", "second") +
      milter_packet('b', "another body") + milter_packet('+', "<baba@example.jp>") +
      milter_packet('-', "<aoki@example.jp>") + milter_packet('c');
  const auto reply = co_await at.send(aoki);
  CHECK(reply.code == 250);
  CHECK(after_received(at.scene.old_home.messages.back()) == letter);
  CHECK(at.scene.new_home.messages.empty());
}

Task<void> held_for_a_person(Filtered& at) {
  at.milters["first"].answers['E'] = milter_field('h', "X-Held", "yes") +
                                     milter_packet('q', "odd attachment") + milter_packet('c');
  at.scene.start_workers();
  const auto client = co_await at.scene.connect();
  std::vector<std::string> both{aoki, baba};
  const auto reply = co_await at.scene.send(*client, both, letter);
  CHECK(reply.code == 250);
  CHECK(at.scene.old_home.messages.empty());
  CHECK(at.scene.new_home.messages.empty());
  const auto waiting = at.scene.waiting(aoki);
  REQUIRE(waiting);
  CHECK(waiting->kind == "quarantined");
  CHECK(waiting->words == "held by a filter: odd attachment");
  CHECK(at.scene.gateway().counts("").quarantined == 2);
  const auto released = co_await at.scene.gateway().retry(waiting->trace_id, "");
  CHECK(released.value_or(0) == 2);
  co_await at.scene.until_state(aoki, "delivered");
  co_await at.scene.until_state(baba, "delivered");
  REQUIRE(at.scene.old_home.messages.size() == 1);
  CHECK(at.scene.old_home.messages == at.scene.new_home.messages);
  CHECK(after_received(at.scene.old_home.messages[0]) == "X-Held: yes\r\n" + letter);
}

Task<void> keep(Filtered& at, std::optional<smtp::Reply>& into) {
  into = co_await at.send(aoki);
}

Task<void> both_fall_silent(Filtered& at) {
  for (auto& [name, milter] : at.milters) milter.answers['E'] = "";
  std::optional<smtp::Reply> reply;
  net::TaskGroup group(at.scene.net.executor());
  group.spawn(keep(at, reply));
  co_await at.scene.net.timers.pass(std::chrono::seconds(89));
  CHECK_FALSE(reply);
  co_await at.scene.net.timers.pass(std::chrono::seconds(2));
  co_await group.join();
  REQUIRE(reply);
  CHECK(reply->code == 250);
  CHECK(at.scene.old_home.messages.size() == 1);
  CHECK(at.scene.gateway().counts("").not_judged == 2);
}

// The sender gives up while a milter ponders, and comes back: the first copy goes its way, the
// second is put off until it has (R11, I2).
Task<void> back_while_pondering(Filtered& at) {
  at.milters["first"].answers['E'] = "";
  std::optional<smtp::Reply> first;
  net::TaskGroup group(at.scene.net.executor());
  group.spawn(keep(at, first));
  co_await at.scene.settle();
  at.milters["first"].answers['E'] = milter_packet('c');
  const auto second = co_await at.send(aoki);
  CHECK(second.to_string() == "451 4.4.2 An earlier copy is still on its way, try again later");
  const auto another = co_await at.send(aoki, letter + "another\r\n");
  CHECK(another.code == 250);
  co_await at.scene.net.timers.pass(std::chrono::seconds(121));
  co_await group.join();
  REQUIRE(first);
  CHECK(first->code == 250);
  CHECK(at.scene.old_home.messages.size() == 2);
}

// A copy whose answer was lost comes again: it was judged, and is not judged otherwise now (R11).
Task<void> replay_is_not_refused(Filtered& at) {
  auto reply = co_await at.send(chiba);
  CHECK(reply.code == 250);
  at.milters["first"].answers['E'] = milter_packet('r');
  reply = co_await at.send(chiba);
  CHECK(reply.code == 250);
  CHECK(at.scene.old_home.messages.size() == 1);
}

Task<void> client_facts(Filtered& at) {
  co_await at.send(chiba);
  const std::string macros = at.milters["first"].heard('D');
  CHECK(macros.find(std::string("Cj\0gate.example\0", 16)) != std::string::npos);
  CHECK(at.milters["first"].heard('H') == std::string("mta.sender.example\0", 19));
  CHECK(at.milters["first"].heard('M').starts_with("<sender@sender.example>"));
}

Task<void> too_many_fields(Filtered& at) {
  std::string fields;
  for (int i = 0; i < 10'001; ++i) fields += "X: y\r\n";
  const auto reply = co_await at.send(chiba, fields + "\r\nbody\r\n");
  CHECK(reply.code == 554);
  CHECK(at.scene.old_home.messages.empty());
}

// Nobody is told of it whose name was borrowed: a person decides (R6).
Task<void> forged_sender_is_not_told(Filtered& at) {
  at.scene.start_workers();
  at.milters["first"].answers['E'] =
      milter_field('i', "Authentication-Results",
                   "gate.example; spf=fail smtp.mailfrom=sender@sender.example; dkim=none") +
      milter_packet('c');
  const auto client = co_await at.scene.connect();
  at.scene.new_home.end = make_reply(550, "5.7.1", "looks like spam");
  std::vector<std::string> both{aoki, baba};
  const auto reply = co_await at.scene.send(*client, both, letter);
  CHECK(reply.code == 250);
  CHECK(at.scene.state_of(aoki) == "delivered");
  CHECK(at.scene.state_of(baba) == "quarantined");
  co_await at.scene.settle();
  CHECK(at.scene.outside.messages.empty());
}

Task<void> proven_sender_is_told(Filtered& at) {
  at.scene.start_workers();
  at.milters["first"].answers['E'] =
      milter_field('i', "Authentication-Results",
                   "gate.example; spf=fail; dkim=pass header.d=sender.example") +
      milter_packet('c');
  const auto client = co_await at.scene.connect();
  at.scene.new_home.end = make_reply(550, "5.7.1", "looks like spam");
  std::vector<std::string> both{aoki, baba};
  const auto reply = co_await at.scene.send(*client, both, letter);
  CHECK(reply.code == 250);
  CHECK(at.scene.state_of(baba) == "returned");
  co_await at.scene.until_state(at.scene.sender, "delivered");
  CHECK(at.scene.outside.messages.size() == 1);
}

}  // namespace

TEST_CASE(
    "gateway milters: added fields stand below our Received line, for home and for everybody") {
  Filtered at;
  at.scene.net.run(fields_stand_in_front(at));
}
TEST_CASE("gateway milters: R3 what a milter refuses or discards reaches neither side") {
  Filtered at;
  at.scene.net.run(refusal_reaches_no_side(at));
}
TEST_CASE("gateway milters: one that is down or no milter at all is gone by, and counted") {
  Filtered at;
  at.scene.net.run(down_is_gone_by(at));
}
TEST_CASE("gateway milters: silent ones hold a message no longer than all of them may") {
  Filtered at(config::MilterWhenDown::accept, std::chrono::seconds(90));
  at.scene.net.run(both_fall_silent(at));
}
TEST_CASE("gateway milters: milter_when_down = tempfail puts the message off") {
  Filtered at(config::MilterWhenDown::tempfail);
  at.scene.net.run(down_puts_off(at));
}
TEST_CASE("gateway milters: a forged Authentication-Results of ours is removed, others stay") {
  Filtered at;
  at.scene.net.run(forged_is_removed(at));
}
TEST_CASE("gateway milters: R16 other changes are not made") {
  Filtered at;
  at.scene.net.run(changes_are_not_made(at));
}
TEST_CASE("gateway milters: I1 a quarantined message is ours, visible, and let go by a person") {
  Filtered at;
  at.scene.net.run(held_for_a_person(at));
}
TEST_CASE("gateway milters: R11 a replay of what was delivered is not refused") {
  Filtered at;
  at.scene.net.run(replay_is_not_refused(at));
}
TEST_CASE("gateway milters: R11 I2 a copy that comes while the first is judged is put off") {
  Filtered at;
  at.scene.net.run(back_while_pondering(at));
}
TEST_CASE("gateway milters: they know the client, and us") {
  Filtered at;
  at.scene.net.run(client_facts(at));
}
TEST_CASE("gateway milters: a header of more fields than can be examined is refused") {
  Filtered at;
  at.scene.net.run(too_many_fields(at));
}
TEST_CASE("gateway milters: R6 no report to a sender that fails SPF and DKIM") {
  Filtered at;
  at.scene.net.run(forged_sender_is_not_told(at));
}
TEST_CASE("gateway milters: R6 a report to a sender that one of the two proves") {
  Filtered at;
  at.scene.net.run(proven_sender_is_told(at));
}

TEST_CASE("sender proof: what counts as failing SPF and DKIM") {
  const auto fails = [](const std::string& results) {
    const std::string head =
        "Received: by gate.example\r\nAuthentication-Results: " + results + "\r\n";
    return fails_spf_and_dkim(head, "gate.example", "anna@news.sender.example");
  };
  CHECK(fails("gate.example; spf=fail smtp.mailfrom=anna@news.sender.example"));
  CHECK(fails("gate.example; spf=softfail; dkim=fail header.d=news.sender.example"));
  CHECK(fails("gate.example; spf=fail; dkim=pass header.d=evil.example"));
  CHECK(fails("gate.example; spf=fail; dkim=pass header.d=example"));
  CHECK_FALSE(fails("gate.example; spf=pass smtp.mailfrom=anna@news.sender.example"));
  CHECK_FALSE(fails("gate.example; spf=fail; dkim=pass header.d=sender.example"));
  CHECK_FALSE(fails("gate.example; spf=fail; dkim=pass header.i=@news.sender.example"));
  CHECK_FALSE(fails("gate.example; spf=none; dkim=none"));
  CHECK_FALSE(fails("gate.example; spf=temperror; dkim=fail header.d=sender.example"));
  CHECK_FALSE(fails("gate.example; spf=fail smtp.helo=mta.sender.example"));
  CHECK_FALSE(fails("gate.example; dkim=fail header.d=sender.example"));
  CHECK_FALSE(fails("other.example; spf=fail"));
  CHECK_FALSE(fails_spf_and_dkim("Received: by gate.example\r\n", "gate.example", "a@b.example"));
}

}  // namespace tandem::gateway
