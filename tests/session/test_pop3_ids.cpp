// POP3 clients keep the ids and the order they know, through a cut-over and back.
#include "proxy/session/pop3_match.hpp"
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using migration::InboxMap;
using migration::Side;
using net::Protocol;
using net::Task;

const std::string greeting = "+OK mail.test ready";

Script pop3_login(std::string user, std::string password) {
  return {"S: +OK hello",    "C: CAPA",         "S: +OK\r\nUSER\r\nTOP\r\nUIDL\r\n.",
          "C: USER " + user, "S: +OK password", "C: PASS " + password,
          "S: +OK in"};
}
Script listing(std::string sizes, std::string ids) {
  return {"C: LIST", "S: +OK\r\n" + sizes + ".", "C: UIDL", "S: +OK\r\n" + ids + "."};
}
const Script bye = {"C: QUIT", "S: +OK bye"};

Task<void> enter(Talker& person) {
  (void)co_await person.line();
  co_await person.say("USER tanaka\r\nPASS altes\r\n");
  co_await person.hear("+OK Password?");
  co_await person.hear("+OK Logged in");
}

Task<std::string> ask(Talker& person, std::string command) {
  co_await person.say(command + "\r\n");
  std::string all;
  while (true) {
    const std::string line = co_await person.line();
    if (line == ".\r\n" || line.empty()) co_return all;
    all += line.substr(0, line.size() - 2) + "|";
  }
}

// Old: messages o1…o3 (UIDs 11…13), o2 removed by the person before the end. New: the copies in
// another order, as a sync makes them, and one mail that came after the cut-over.
Task<void> through_a_cutover(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  stage.inboxes.map.validity = {7, 9};
  stage.inboxes.map.messages = {{.uid = {11, 103}, .gone = {}},
                                {.uid = {12, 101}, .gone = {true, false}},
                                {.uid = {13, 102}, .gone = {}}};
  co_await stage.cut_over("tanaka@example.jp");
  const Script new_one = pop3_login("tanaka@example.jp", "neues") +
                         listing("1 200\r\n2 300\r\n3 100\r\n4 400\r\n",
                                 "1 9.101\r\n2 9.102\r\n3 9.103\r\n4 9.104\r\n");
  stage.new_side.scripts = {
      new_one +
          Script{"C: RETR 3", "S: +OK\r\nSubject: a\r\n\r\n..b\r\n.", "C: TOP 2 1",
                 "S: +OK\r\nSubject: c\r\n\r\nd\r\n.", "C: DELE 2", "S: +OK"} +
          bye,
      new_one + bye};
  stage.old_side.scripts = {
      pop3_login("tanaka", "altes") +
      listing("1 100\r\n2 300\r\n", "1 0000000B00000007\r\n2 0000000d00000007\r\n") + bye};
  {
    Talker person = stage.person(Protocol::pop3);
    co_await enter(person);
    CHECK(co_await ask(person, "UIDL") == "+OK Ids|1 0000000B00000007|2 0000000d00000007|3 9.104|");
    CHECK(co_await ask(person, "LIST") == "+OK Sizes|1 100|2 300|3 400|");
    co_await person.say("STAT\r\n");
    co_await person.hear("+OK 3 800");
    const std::string message = co_await ask(person, "RETR 1");
    CHECK(message.ends_with("Subject: a||..b|"));
    const std::string top = co_await ask(person, "TOP 2 1");
    CHECK(top.ends_with("Subject: c||d|"));
    co_await person.say("DELE 2\r\nQUIT\r\n");
    CHECK((co_await person.line()).starts_with("+OK"));
    CHECK((co_await person.line()).starts_with("+OK"));
    CHECK(co_await person.line() == "");
  }
  // Again: from the ledger alone.
  Talker person = stage.person(Protocol::pop3);
  co_await enter(person);
  CHECK(co_await ask(person, "UIDL") == "+OK Ids|1 0000000B00000007|2 0000000d00000007|3 9.104|");
  co_await person.say("QUIT\r\n");
  CHECK((co_await person.line()).starts_with("+OK"));
  CHECK(stage.old_side.connections == 1);
}

// What came on the new side keeps its id when the account goes back.
Task<void> and_back(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  stage.inboxes.map.validity = {7, 9};
  stage.inboxes.map.messages = {{.uid = {11, 101}, .gone = {}}, {.uid = {12, 102}, .gone = {}}};
  co_await stage.cut_over("tanaka@example.jp");
  const Script at_new = pop3_login("tanaka@example.jp", "neues") +
                        listing("1 100\r\n2 200\r\n", "1 9.101\r\n2 9.102\r\n") + bye;
  const Script at_old = pop3_login("tanaka", "altes");
  stage.old_side.scripts = {at_old + listing("1 100\r\n", "1 7.11\r\n") + bye};
  stage.new_side.scripts = {at_new, at_new};
  {
    Talker person = stage.person(Protocol::pop3);
    co_await enter(person);
    CHECK(co_await ask(person, "UIDL") == "+OK Ids|1 7.11|2 9.102|");
    co_await person.say("QUIT\r\n");
    CHECK((co_await person.line()).starts_with("+OK"));
  }
  co_await stage.step("tanaka@example.jp", migration::Step::roll_back);
  stage.old_side.scripts = {at_old + listing("1 100\r\n2 200\r\n", "1 7.11\r\n2 7.12\r\n") + bye};
  Talker person = stage.person(Protocol::pop3);
  co_await enter(person);
  CHECK(co_await ask(person, "UIDL") == "+OK Ids|1 7.11|2 9.102|");
  co_await person.say("QUIT\r\n");
  CHECK((co_await person.line()).starts_with("+OK"));
}

// The old side does not answer: three times "not now", then the new side's own ids.
Task<void> unreachable(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  co_await stage.cut_over("tanaka@example.jp");
  stage.inboxes.map.validity = {7, 9};
  const Script at_new =
      pop3_login("tanaka@example.jp", "neues") + listing("1 5\r\n", "1 9.101\r\n");
  Talker person = stage.person(Protocol::pop3);
  (void)co_await person.line();
  for (int i = 0; i < 4; ++i) {
    stage.new_side.scripts.push_back(at_new);
    stage.old_side.scripts.push_back({"S: -ERR [SYS/TEMP] maintenance"});
    co_await person.say("USER tanaka\r\nPASS altes\r\n");
    co_await person.hear("+OK Password?");
    const std::string answer = co_await person.line();
    CHECK(answer.starts_with(i < 3 ? "-ERR [SYS/TEMP]" : "+OK"));
  }
  CHECK(co_await ask(person, "UIDL") == "+OK Ids|1 9.101|");
  person.close();
}

Task<void> drain(SessionProxy& proxy, migration::AccountId id, std::size_t* ended) {
  *ended = co_await proxy.drain(id, std::chrono::seconds(10));
}

Task<void> kicked(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  co_await stage.cut_over("tanaka@example.jp");
  stage.inboxes.map.validity = {7, 9};
  stage.new_side.scripts = {pop3_login("tanaka@example.jp", "neues") +
                            listing("1 5\r\n", "1 9.101\r\n") + Script{"END"}};
  stage.old_side.scripts = {pop3_login("tanaka", "altes") + listing("", "") + bye};
  Talker person = stage.person(Protocol::pop3);
  co_await enter(person);
  CHECK(stage.proxy->open_sessions() == 1);
  const auto id = stage.id("tanaka@example.jp");
  std::size_t ended = 0;
  stage.net.group.spawn(drain(*stage.proxy, id, &ended));
  co_await stage.net.timers.settle();
  co_await stage.net.timers.pass(Duration(0));  // kicks are deadlines that are over
  while (ended == 0) co_await stage.net.timers.settle();
  CHECK((co_await person.all()).starts_with("-ERR [SYS/TEMP]"));
  CHECK(stage.proxy->open_sessions() == 0);
}

void with_ids(Task<void> (*story)(Stage&)) {
  for (const bool bytes : {false, true}) {
    Stage stage(net::TlsMode::never, bytes);
    stage.keeps_ids = true;
    stage.open_proxy(stage.options());
    INFO((bytes ? "byte by byte" : "whole"));
    stage.net.run(story(stage));
    stage.net.run(stage.net.group.join());
    stage.check_backends();
  }
}

}  // namespace

TEST_CASE("POP3 ids: old ids and order after a cut-over, what was removed stays away") {
  with_ids(through_a_cutover);
}
TEST_CASE("POP3 ids: kept when the account goes back") {
  with_ids(and_back);
}
TEST_CASE("POP3 ids: an old side that does not answer is waited for, not for ever") {
  with_ids(unreachable);
}
TEST_CASE("POP3 ids: a kick ends the session between two commands") {
  with_ids(kicked);
}

TEST_CASE("POP3 ids: the UID that an id says") {
  CHECK(uid_in("0000000B00000007", 7) == 11);
  CHECK(uid_in("0000000B00000008", 7) == 0);
  CHECK(uid_in("7.11", 7) == 11);
  CHECK(uid_in("7.99999999999", 7) == 0);
  CHECK(uid_in("7.11", 0) == 0);
  CHECK(uid_in("<abc@def>", 7) == 0);
}

TEST_CASE("POP3 ids: listings beside each other") {
  const std::vector<Pop3Entry> listing = {{1, 10, "a"}, {2, 20, "b"}, {3, 10, "c"}};
  using Uids = std::vector<std::uint32_t>;
  // As many on both sides: by position, whatever the sizes are.
  CHECK(match_listings(listing, {{5, 10}, {6, 21}, {8, 10}}) == Uids{5, 6, 8});
  // More in the INBOX: in order, by size; what does not fit has none.
  CHECK(match_listings(listing, {{5, 10}, {6, 11}, {7, 20}, {8, 10}}) == Uids{5, 7, 8});
  CHECK(match_listings(listing, {{5, 10}, {8, 10}}) == Uids{5, 0, 8});
}

TEST_CASE("POP3 ids: no two messages get the same") {
  Pop3Side home{{{1, 1, "x"}, {2, 1, "y"}}, {101, 102}, {}};
  Pop3Side old{{{1, 1, "y"}}, {11}, {}};
  InboxMap map{{7, 9}, {{.uid = {11, 101}, .gone = {}}}};
  const auto given = give_ids(home, old, map, Side::new_side);
  REQUIRE(given.size() == 2);
  CHECK(given[0].given == "y");
  CHECK(given[1].given.starts_with("T"));
}

}  // namespace tandem::session
