// Fence and kick: log-ins held, sessions ended between two commands, everybody on the new side.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;
using std::chrono::seconds;

const std::string bye =
    "* BYE [UNAVAILABLE] This mailbox is being moved, try again in a moment\r\n";
const std::string not_now =
    "a NO [UNAVAILABLE] The mailbox cannot be reached now, try again in a moment";

Task<void> log_in(Talker& person) {
  (void)co_await person.line();
  co_await person.say("a LOGIN tanaka geheim\r\n");
}

Task<void> drain(SessionProxy& proxy, migration::AccountId account, Duration limit,
                 std::optional<std::size_t>* ended) {
  *ended = co_await proxy.drain(account, limit);
}

// Begins to drain, 10 s at most, and lets the kicks arrive (they are deadlines that are over).
Task<void> begin_drain(Stage& stage, migration::AccountId account,
                       std::optional<std::size_t>* ended) {
  stage.net.group.spawn(drain(*stage.proxy, account, seconds(10), ended));
  co_await stage.net.timers.settle();
  co_await stage.net.timers.pass(Duration(0));
}

// A session of tanaka's on the old side, logged in; the script goes on with `then`.
Talker session(Stage& stage, const Script& then) {
  stage.old_side.scripts.push_back(imap_login("\"tanaka\" \"geheim\"") + then);
  return stage.person(Protocol::imap);
}

Task<void> held(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  stage.new_side.scripts = {imap_login("\"tanaka@example.jp\" \"geheim\"") + Script{"END"}};
  co_await stage.proxy->hold(id, seconds(30));
  Talker person = stage.person(Protocol::imap);
  co_await log_in(person);
  co_await stage.net.timers.pass(seconds(20));
  CHECK(stage.old_side.connections + stage.new_side.connections == 0);
  co_await stage.cut_over("tanaka@example.jp");
  co_await stage.proxy->release(id);
  CHECK((co_await person.line()).starts_with("a OK"));
  CHECK(stage.old_side.connections == 0);
}

Task<void> held_too_long(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  stage.old_side.scripts = {imap_login("\"tanaka\" \"geheim\"") + Script{"END"}};
  co_await stage.proxy->hold(id, seconds(10));
  Talker person = stage.person(Protocol::imap);
  co_await log_in(person);
  co_await stage.net.timers.pass(seconds(10));
  co_await person.hear(not_now);
  co_await stage.proxy->release(id);
  co_await person.say("a LOGIN tanaka geheim\r\n");
  CHECK((co_await person.line()).starts_with("a OK"));
}

Task<void> held_while_logging_in(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  stage.old_side.scripts = {{"S: * OK [CAPABILITY IMAP4rev1] hello",
                             "C: %T LOGIN \"tanaka\" \"geheim\"", "WAIT",
                             "S: %T OK [CAPABILITY IMAP4rev1] in", "END"}};
  stage.new_side.scripts = {imap_login("\"tanaka@example.jp\" \"geheim\"") + Script{"END"}};
  Talker person = stage.person(Protocol::imap);
  co_await log_in(person);
  co_await stage.net.timers.settle();
  CHECK(stage.old_side.connections == 1);
  co_await stage.proxy->hold(id, seconds(30));
  std::optional<std::size_t> ended;
  co_await begin_drain(stage, id, &ended);
  co_await stage.net.timers.settle();
  CHECK_FALSE(ended);
  stage.old_side.go_on.set();
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 1);
  co_await stage.cut_over("tanaka@example.jp");
  co_await stage.proxy->release(id);
  CHECK((co_await person.line()).starts_with("a OK"));
  CHECK(stage.new_side.connections == 1);
}

Task<void> kicked_idle(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  Talker waiting = session(stage, {"END"});
  co_await log_in(waiting);
  CHECK((co_await waiting.line()).starts_with("a OK"));
  Talker idling = session(stage, {"C: i IDLE", "S: + idling", "END"});
  co_await log_in(idling);
  CHECK((co_await idling.line()).starts_with("a OK"));
  co_await idling.say("i IDLE\r\n");
  co_await idling.hear("+ idling");
  CHECK(stage.proxy->open_sessions() == 2);
  std::optional<std::size_t> ended;
  co_await begin_drain(stage, id, &ended);
  // The drain does not wait for clients that have yet to read their goodbye.
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 2);
  CHECK(co_await waiting.all() == bye);
  CHECK(co_await idling.all() == bye);
  CHECK(stage.proxy->open_sessions() == 0);
}

Task<void> kicked_in_a_command(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  Talker person = session(stage, {"C: b FETCH 1 BODY[]", "S: * 1 FETCH (BODY[] {5}", "WAIT",
                                  "S: b OK)", "S: b OK", "END"});
  co_await log_in(person);
  CHECK((co_await person.line()).starts_with("a OK"));
  co_await person.say("b FETCH 1 BODY[]\r\n");
  co_await person.hear("* 1 FETCH (BODY[] {5}");
  std::optional<std::size_t> ended;
  co_await begin_drain(stage, id, &ended);
  co_await stage.net.timers.pass(seconds(5));
  CHECK_FALSE(ended);
  stage.old_side.go_on.set();
  CHECK(co_await person.all() == "b OK)\r\nb OK\r\n" + bye);
  person.close();
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 1);
}

Task<void> cut_at_the_limit(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  Talker person = session(stage, {"C: b FETCH 1 BODY[]", "END"});
  co_await log_in(person);
  CHECK((co_await person.line()).starts_with("a OK"));
  co_await person.say("b FETCH 1 BODY[]\r\n");
  std::optional<std::size_t> ended;
  co_await begin_drain(stage, id, &ended);
  co_await stage.net.timers.pass(seconds(9));
  CHECK_FALSE(ended);
  co_await stage.net.timers.pass(seconds(1));
  CHECK(co_await person.all() == "");
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 1);
  CHECK(stage.proxy->open_sessions() == 0);
}

Task<void> others_stay(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  co_await stage.import("sato@example.jp");
  const auto sato = stage.id("sato@example.jp");
  Talker person = session(stage, {"C: b NOOP", "S: b OK", "END"});
  co_await log_in(person);
  CHECK((co_await person.line()).starts_with("a OK"));
  co_await stage.proxy->hold(sato, seconds(30));
  CHECK(co_await stage.proxy->drain(sato, seconds(10)) == 0);
  co_await person.say("b NOOP\r\n");
  co_await person.hear("b OK");
}

Task<void> kicked_pop3(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  stage.old_side.scripts = {{"S: +OK hello", "C: CAPA", "S: +OK\r\nUSER\r\n.", "C: USER tanaka",
                             "S: +OK", "C: PASS geheim", "S: +OK in", "C: RETR 1", "S: +OK", "WAIT",
                             "S: .", "END"}};
  Talker person = stage.person(Protocol::pop3);
  (void)co_await person.line();
  co_await person.say("USER tanaka\r\nPASS geheim\r\n");
  co_await person.hear("+OK Password?");
  co_await person.hear("+OK Logged in");
  co_await person.say("RETR 1\r\n");
  co_await person.hear("+OK");
  std::optional<std::size_t> ended;
  co_await begin_drain(stage, id, &ended);
  co_await stage.net.timers.settle();
  stage.old_side.go_on.set();
  CHECK(co_await person.all() ==
        ".\r\n-ERR [SYS/TEMP] This mailbox is being moved, try again in a moment\r\n");
  person.close();
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 1);
}

Task<void> kicked_submission(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  const std::string plain = base64_encode(std::string("\0tanaka\0geheim", 14));
  stage.old_side.scripts = {{"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 AUTH PLAIN",
                             "C: AUTH PLAIN " + plain, "S: 235 ok", "C: MAIL FROM:<a@b.jp>",
                             "S: 250 ok", "C: DATA", "S: 354 go", "C: x", "C: .", "S: 250 queued",
                             "END"}};
  Talker person = stage.person(Protocol::submission);
  (void)co_await person.line();
  co_await person.say("EHLO x\r\n");
  while ((co_await person.line()).starts_with("250-")) {
  }
  co_await person.say("AUTH PLAIN " + plain + "\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.say("MAIL FROM:<a@b.jp>\r\n");
  co_await person.hear("250 ok");
  std::optional<std::size_t> ended;
  co_await begin_drain(stage, id, &ended);
  co_await stage.net.timers.pass(seconds(5));
  co_await person.say("DATA\r\n");
  co_await person.hear("354 go");
  co_await person.say("x\r\n.\r\n");
  CHECK(co_await person.all() ==
        "250 queued\r\n"
        "421 4.3.2 mail.test This mailbox is being moved, try again in a moment\r\n");
  person.close();
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 1);
}

Task<void> shutdown(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  Talker person = session(stage, {"END"});
  co_await log_in(person);
  CHECK((co_await person.line()).starts_with("a OK"));
  Talker early = stage.person(Protocol::imap);
  (void)co_await early.line();
  stage.net.group.request_stop();
  co_await stage.net.timers.pass(Duration(0));
  CHECK(co_await person.all() == bye);
  CHECK(co_await early.all() == "* BYE [UNAVAILABLE] Shutting down, try again in a moment\r\n");
}

}  // namespace

TEST_CASE("Fence: a held log-in goes on to the new side") {
  both_ways(held);
}
TEST_CASE("Fence: a log-in held too long is told to try again, and may") {
  both_ways(held_too_long);
}
TEST_CASE("Fence: a log-in under way when the hold begins follows the routes after it") {
  both_ways(held_while_logging_in);
}
TEST_CASE("Kick: idle sessions end at once, IDLE too") {
  both_ways(kicked_idle);
}
TEST_CASE("Kick: a command under way is answered first") {
  both_ways(kicked_in_a_command);
}
TEST_CASE("Kick: a session that does not end is cut at the limit") {
  both_ways(cut_at_the_limit);
}
TEST_CASE("Kick: other accounts' sessions stay") {
  both_ways(others_stay);
}
TEST_CASE("Kick: POP3 ends behind an answer of several lines") {
  both_ways(kicked_pop3);
}
TEST_CASE("Kick: a submission ends behind its transaction") {
  both_ways(kicked_submission);
}
TEST_CASE("Shutdown: sessions and log-ins are told") {
  both_ways(shutdown);
}

}  // namespace tandem::session
