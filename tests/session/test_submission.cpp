// Submission through the proxy.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

const std::string plain = base64_encode(std::string("\0tanaka\0geheim", 14));

// Greeting and EHLO as the client sees them.
Task<void> greet(Talker& person) {
  co_await person.hear("220 mail.test ESMTP ready");
  co_await person.say("EHLO laptop\r\n");
  std::string last;
  do {
    last = co_await person.line();
    for (const char* never : {"CHUNKING", "DSN", "SMTPUTF8"})
      CHECK(last.find(never) == std::string::npos);
  } while (last.starts_with("250-"));
}

Script smtp_login(std::string response, std::string answer = "235 2.7.0 ok") {
  return {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 AUTH PLAIN",
          "C: AUTH PLAIN " + response, "S: " + answer};
}

Task<void> sends(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const Script commands[] = {{"AUTH PLAIN " + plain},
                             {"AUTH PLAIN", "334 ", plain},
                             {"AUTH LOGIN", "334 VXNlcm5hbWU6", base64_encode("tanaka"),
                              "334 UGFzc3dvcmQ6", base64_encode("geheim")}};
  for (const Script& lines : commands) {
    stage.old_side.scripts.push_back(smtp_login(plain) + Script{"C: MAIL FROM:<tanaka@example.jp>",
                                                                "S: 250 ok", "C: DATA", "S: 354 go",
                                                                "C: hello", "C: .", "S: 250 queued",
                                                                "C: QUIT", "S: 221 bye"});
    Talker person = stage.person(Protocol::submission);
    co_await greet(person);
    for (const std::string& line : lines) {
      const std::string text = line + "\r\n";
      if (line.starts_with("334"))
        co_await person.hear(line);
      else
        co_await person.say(text);
    }
    co_await person.hear("235 2.7.0 Authentication succeeded");
    co_await person.say("MAIL FROM:<tanaka@example.jp>\r\n");
    co_await person.hear("250 ok");
    co_await person.say("DATA\r\n");
    co_await person.hear("354 go");
    co_await person.say("hello\r\n.\r\nQUIT\r\n");
    co_await person.hear("250 queued");
    CHECK(co_await person.all() == "221 bye\r\n");
  }
  CHECK(stage.new_side.connections == 0);
}

Task<void> behind_auth(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts = {
      smtp_login(base64_encode(std::string("\0tanaka@example.jp\0geheim", 25))) +
      Script{"C: MAIL FROM:<a@example.jp>", "S: 250 ok", "END"}};
  Talker person = stage.person(Protocol::submission);
  co_await greet(person);
  co_await person.say("AUTH PLAIN " + plain + "\r\nMAIL FROM:<a@example.jp>\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.hear("250 ok");
}

Task<void> refusals(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {smtp_login(plain, "535 5.7.8 no"), smtp_login(plain, "454 4.7.0 busy")};
  Talker person = stage.person(Protocol::submission);
  co_await greet(person);
  co_await person.say("MAIL FROM:<a@example.jp>\r\n");
  co_await person.hear("530 5.7.0 Authentication required");
  co_await person.say("AUTH PLAIN " + plain + "\r\n");
  co_await stage.net.timers.pass(std::chrono::seconds(2));
  co_await person.hear("535 5.7.8 Authentication failed");
  co_await person.say("AUTH PLAIN " + plain + "\r\n");
  co_await person.hear("454 4.3.0 The mailbox cannot be reached now, try again in a moment");
}

Task<void> starttls_both(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {{"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 STARTTLS",
                             "C: STARTTLS", "S: 220 go", "TLS", "C: EHLO mail.test",
                             "S: 250-there\r\n250 AUTH PLAIN", "C: AUTH PLAIN " + plain,
                             "S: 235 ok", "C: NOOP", "S: 250 ok", "END"}};
  Talker person = stage.person(Protocol::submission, true);
  co_await greet(person);
  co_await person.say("STARTTLS\r\n");
  CHECK((co_await person.line()).starts_with("220"));
  const auto tls = test::tls_client("mail.test");
  REQUIRE(co_await person.stream().start_tls(tls));
  co_await person.say("EHLO laptop\r\n");
  while ((co_await person.line()).starts_with("250-")) {
  }
  co_await person.say("AUTH PLAIN " + plain + "\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.say("NOOP\r\n");
  co_await person.hear("250 ok");
}

Task<void> hostile_backends(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const Script hostile[] = {
      {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 AUTH PLAIN", "END"},
      {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 STARTTLS", "C: STARTTLS",
       "S: 454 no", "END"},
      {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 STARTTLS", "C: STARTTLS",
       "S: 220 go\r\n250 AUTH PLAIN"}};
  Talker person = stage.person(Protocol::submission);
  co_await greet(person);
  for (const Script& script : hostile) {
    stage.old_side.scripts.push_back(script);
    co_await person.say("AUTH PLAIN " + plain + "\r\n");
    co_await person.hear("454 4.3.0 The mailbox cannot be reached now, try again in a moment");
  }
}

Task<void> front_injection(Stage& stage) {
  Talker person = stage.person(Protocol::submission, true);
  co_await greet(person);
  REQUIRE(co_await person.stream().write("STARTTLS\r\nNOOP\r\n"));
  const std::string said = co_await person.all();
  CHECK_FALSE(said.starts_with("220"));
  CHECK(said.find("250") == std::string::npos);
}

}  // namespace

TEST_CASE("Submission: AUTH goes to the account's home, and mail follows") {
  both_ways(sends);
}
TEST_CASE("Submission: what was sent behind AUTH goes to the backend") {
  both_ways(behind_auth);
}
TEST_CASE("T-31 Submission: wrong and not now") {
  both_ways(refusals);
}
TEST_CASE("Submission: STARTTLS on both legs") {
  both_ways(starttls_both, net::TlsMode::starttls);
}
TEST_CASE("T-02 T-04 Submission: no credential without STARTTLS, or behind injected bytes") {
  both_ways(hostile_backends, net::TlsMode::starttls);
}
TEST_CASE("T-01 Submission: bytes behind STARTTLS end the session") {
  both_ways(front_injection);
}

}  // namespace tandem::session
