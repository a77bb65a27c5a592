// What a backend says until somebody is logged in: the client hears words of ours, whatever it was.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

const std::string plain = base64_encode(std::string("\0tanaka\0geheim", 14));

// The words in front of one log-in, and all that may be heard of it.
struct Outcome {
  Script backend;
  std::string heard;
};

Script imap(std::vector<std::string> answer) {
  return imap_login("\"tanaka\" \"geheim\"", std::move(answer.front())) +
         Script(answer.begin() + 1, answer.end());
}
Script pop3(std::string answer) {
  return {"S: +OK <evil@here>", "C: CAPA",        "S: +OK x\r\nUSER\r\n.", "C: USER tanaka",
          "S: +OK go on",       "C: PASS geheim", "S: " + answer};
}
Script submission(std::string answer) {
  return {"S: 220-evil\r\n220 there", "C: EHLO mail.test",
          "S: 250-there\r\n250-X-EVIL\r\n250 AUTH PLAIN", "C: AUTH PLAIN " + plain, "S: " + answer};
}

std::vector<Outcome> imap_outcomes() {
  const std::string refused = "a NO [AUTHENTICATIONFAILED] Log-in refused";
  const std::string later =
      "a NO [UNAVAILABLE] The mailbox cannot be reached now, try again in a moment";
  return {{imap({"NO [ALERT] Visit http://evil.example"}), refused},
          {imap({"NO [AUTHENTICATIONFAILED] {3}\r\na OK"}), refused},
          {{"S: * OK [ALERT] hello", "C: %T CAPABILITY", "S: * CAPABILITY IMAP4rev1\r\n%T OK",
            "C: %T LOGIN \"tanaka\" \"geheim\"", "S: * OK [ALERT] Visit\r\n* BAD x\r\n%T NO no"},
           refused},
          {imap({"NO bad\ra OK [CAPABILITY IMAP4rev1] in"}), refused},
          {{"S: * BYE [ALERT] evil"}, later},
          {imap({"OK [CAPABILITY IMAP4rev1 X-GOOD X\"EVIL X]EVIL X{9} AUTH=PLAIN] Logged [in]"}),
           "a OK [CAPABILITY IMAP4rev1 X X-GOOD] Logged in"}};
}

Task<void> imap_words(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  for (Outcome& outcome : imap_outcomes()) {
    CAPTURE(outcome.backend.back());
    stage.old_side.scripts.push_back(outcome.backend);
    Talker person = stage.person(Protocol::imap);
    (void)co_await person.line();
    co_await person.say("a LOGIN tanaka geheim\r\n");
    co_await stage.net.timers.settle();
    co_await stage.net.timers.pass(std::chrono::seconds(20));
    co_await person.hear(outcome.heard);
    if (outcome.heard.starts_with("a OK")) continue;
    co_await person.say("b LOGOUT\r\n");
    CHECK((co_await person.line()).starts_with("* BYE"));
    CHECK((co_await person.line()).starts_with("b OK"));
  }
}

Task<void> pop3_words(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string refused = "-ERR [AUTH] Log-in refused";
  const std::vector<Outcome> outcomes = {
      {pop3("-ERR [AUTH] Visit http://evil.example"), refused},
      {pop3("-ERR no\r\n+OK in\r\n."), refused},
      {pop3("-ERR no\r+OK in"), refused},
      {{"S: -ERR [ALERT] evil"}, "-ERR [SYS/TEMP] Cannot check the log-in now"},
      {pop3("+OK Visit http://evil.example"), "+OK Logged in"}};
  for (const Outcome& outcome : outcomes) {
    CAPTURE(outcome.backend.back());
    stage.old_side.scripts.push_back(outcome.backend);
    Talker person = stage.person(Protocol::pop3);
    (void)co_await person.line();
    co_await person.say("USER tanaka\r\nPASS geheim\r\n");
    co_await stage.net.timers.settle();
    co_await stage.net.timers.pass(std::chrono::seconds(20));
    co_await person.hear("+OK Password?");
    co_await person.hear(outcome.heard);
    if (outcome.heard.starts_with("+OK")) continue;
    co_await person.say("QUIT\r\n");
    CHECK((co_await person.all()).starts_with("+OK"));
  }
}

Task<void> submission_words(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string refused = "535 5.7.8 Authentication failed";
  const std::vector<Outcome> outcomes = {
      {submission("535 5.7.8 Visit http://evil.example"), refused},
      {submission("535-5.7.8 no\r\n535-250 OK\r\n535 no"), refused},
      {submission("535 5.7.8 no\r\n235 in"), refused},
      {submission("535 no\r235 in"), refused},
      {submission("235-2.7.0 Visit\r\n235 http://evil.example"),
       "235 2.7.0 Authentication succeeded"}};
  for (const Outcome& outcome : outcomes) {
    CAPTURE(outcome.backend.back());
    stage.old_side.scripts.push_back(outcome.backend);
    Talker person = stage.person(Protocol::submission);
    (void)co_await person.line();
    co_await person.say("EHLO laptop\r\n");
    while ((co_await person.line()).starts_with("250-")) {
    }
    co_await person.say("AUTH PLAIN " + plain + "\r\n");
    co_await stage.net.timers.settle();
    co_await stage.net.timers.pass(std::chrono::seconds(20));
    co_await person.hear(outcome.heard);
    if (outcome.heard.starts_with("235")) continue;
    co_await person.say("QUIT\r\n");
    CHECK((co_await person.all()).starts_with("221"));
  }
}

}  // namespace

TEST_CASE("T-25 IMAP: nothing a backend says before the log-in reaches the client") {
  both_ways(imap_words);
}
TEST_CASE("T-25 POP3: nothing a backend says before the log-in reaches the client") {
  both_ways(pop3_words);
}
TEST_CASE("T-25 Submission: nothing a backend says before the log-in reaches the client") {
  both_ways(submission_words);
}

}  // namespace tandem::session
