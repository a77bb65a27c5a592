// POP3 through the proxy.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

const std::string greeting = "+OK mail.test ready";
const std::string refused = "-ERR [AUTH] Log-in refused";
const std::string not_now = "-ERR [SYS/TEMP] Cannot check the log-in now";

Script pop3_login(std::string user, std::string password, std::string answer = "+OK in") {
  return {"S: +OK hello",    "C: CAPA",         "S: +OK\r\nUSER\r\n.",
          "C: USER " + user, "S: +OK password", "C: PASS " + password,
          "S: " + answer};
}

Task<void> user_and_auth(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const Script commands[] = {
      {"USER tanaka@example.jp", "+OK Password?", "PASS ge heim"},
      {"AUTH PLAIN " + base64_encode(std::string("\0tanaka\0ge heim", 15))},
      {"AUTH PLAIN", "+ ", base64_encode(std::string("\0tanaka\0ge heim", 15))},
      {"AUTH LOGIN", "+ VXNlcm5hbWU6", base64_encode("tanaka"), "+ UGFzc3dvcmQ6",
       base64_encode("ge heim")}};
  for (const Script& lines : commands) {
    stage.old_side.scripts.push_back(pop3_login("tanaka", "ge heim") +
                                     Script{"C: STAT", "S: +OK 1 10", "C: QUIT", "S: +OK bye"});
    Talker person = stage.person(Protocol::pop3);
    co_await person.hear(greeting);
    for (const std::string& line : lines) {
      const std::string text = line + "\r\n";
      if (line.starts_with("+"))
        co_await person.hear(line);
      else
        co_await person.say(text);
    }
    co_await person.hear("+OK Logged in");
    co_await person.say("STAT\r\n");
    co_await person.hear("+OK 1 10");
    co_await person.say("QUIT\r\n");
    CHECK(co_await person.all() == "+OK bye\r\n");
  }
  CHECK(stage.new_side.connections == 0);
}

Task<void> pipelined(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts = {pop3_login("tanaka@example.jp", "geheim") +
                            Script{"C: STAT", "S: +OK 0 0", "END"}};
  Talker person = stage.person(Protocol::pop3);
  co_await person.hear(greeting);
  co_await person.say("USER tanaka\r\nPASS geheim\r\nSTAT\r\n");
  co_await person.hear("+OK Password?");
  co_await person.hear("+OK Logged in");
  co_await person.hear("+OK 0 0");
  CHECK(stage.old_side.connections == 0);
}

Task<void> refusals(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {pop3_login("tanaka", "falsch", "-ERR [AUTH] no"),
                            pop3_login("tanaka", "geheim", "-ERR [SYS/TEMP] busy")};
  Talker person = stage.person(Protocol::pop3);
  co_await person.hear(greeting);
  for (const std::string user : {"tanaka", "nobody"}) {
    co_await person.say("USER " + user + "\r\nPASS falsch\r\n");
    co_await person.hear("+OK Password?");
    co_await stage.net.timers.pass(std::chrono::seconds(4));
    co_await person.hear(refused);
  }
  co_await person.say("USER tanaka\r\nPASS geheim\r\n");
  co_await person.hear("+OK Password?");
  co_await person.hear(not_now);
}

// RFC 6856: it must be said before the log-in, when no backend is there yet.
Task<void> no_utf8(Stage& stage) {
  Talker person = stage.person(Protocol::pop3);
  co_await person.hear(greeting);
  co_await person.say("UTF8\r\n");
  co_await person.hear("-ERR UTF8 is not available");
}

Task<void> starttls_both(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {Script{"S: +OK hello", "C: CAPA", "S: +OK\r\nSTLS\r\n.", "C: STLS",
                                   "S: +OK go", "TLS", "C: CAPA", "S: +OK\r\nUSER\r\n.",
                                   "C: USER tanaka", "S: +OK", "C: PASS geheim", "S: +OK in",
                                   "C: QUIT", "S: +OK bye"}};
  Talker person = stage.person(Protocol::pop3, true);
  co_await person.hear(greeting);
  co_await person.say("STLS\r\n");
  co_await person.hear("+OK Begin TLS");
  const auto tls = test::tls_client("mail.test");
  REQUIRE(co_await person.stream().start_tls(tls));
  co_await person.say("USER tanaka\r\nPASS geheim\r\nQUIT\r\n");
  co_await person.hear("+OK Password?");
  co_await person.hear("+OK Logged in");
  co_await person.hear("+OK bye");
}

Task<void> hostile_backends(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const Script hostile[] = {
      {"S: +OK hello", "C: CAPA", "S: +OK\r\nUSER\r\n.", "END"},
      {"S: +OK hello", "C: CAPA", "S: +OK\r\nSTLS\r\n.", "C: STLS", "S: -ERR no", "END"},
      {"S: +OK hello", "C: CAPA", "S: +OK\r\nSTLS\r\n.", "C: STLS", "S: +OK go\r\n+OK in"}};
  Talker person = stage.person(Protocol::pop3);
  co_await person.hear(greeting);
  for (const Script& script : hostile) {
    stage.old_side.scripts.push_back(script);
    co_await person.say("USER tanaka\r\nPASS geheim\r\n");
    co_await person.hear("+OK Password?");
    co_await person.hear(not_now);
  }
}

Task<void> front_injection(Stage& stage) {
  Talker person = stage.person(Protocol::pop3, true);
  co_await person.hear(greeting);
  REQUIRE(co_await person.stream().write("STLS\r\nUSER tanaka\r\n"));
  CHECK(co_await person.all() == "-ERR Nothing may follow STLS\r\n");
}

}  // namespace

TEST_CASE("POP3: USER and AUTH go to the account's home") {
  both_ways(user_and_auth);
}
TEST_CASE("POP3: what was sent behind PASS goes to the backend") {
  both_ways(pipelined);
}
TEST_CASE("T-31 POP3: wrong, unknown and not now") {
  both_ways(refusals);
}
TEST_CASE("POP3: UTF8 is not promised for a backend that is not told") {
  both_ways(no_utf8);
}
TEST_CASE("POP3: STLS on both legs") {
  both_ways(starttls_both, net::TlsMode::starttls);
}
TEST_CASE("T-02 T-04 POP3: no credential without STLS, or behind injected bytes") {
  both_ways(hostile_backends, net::TlsMode::starttls);
}
TEST_CASE("T-01 POP3: bytes behind STLS end the session") {
  both_ways(front_injection);
}

}  // namespace tandem::session
