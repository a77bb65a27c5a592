// IMAP through the proxy: log-in in all its forms, both legs' TLS, and what follows.
#include "lib/base/log.hpp"
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

const std::string greeting =
    "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=LOGIN] mail.test ready";
const std::string logged_in = "a OK [CAPABILITY IMAP4rev1 IDLE X-SIDE] Logged in";
const std::string refused = "a NO [AUTHENTICATIONFAILED] Log-in refused";
const std::string not_now =
    "a NO [UNAVAILABLE] The mailbox cannot be reached now, try again in a moment";

Task<void> goes_home(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {
      imap_login("\"tanaka\" \"geheim\"") +
      Script{"S: * 1 EXISTS", "C: b NOOP", "S: b OK done", "C: c LOGOUT", "S: * BYE", "S: c OK"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka@example.jp geheim\r\n");
  co_await person.hear(logged_in);
  co_await person.hear("* 1 EXISTS");
  co_await person.say("b NOOP\r\n");
  co_await person.hear("b OK done");
  CHECK(stage.proxy->open_sessions() == 1);
  co_await person.say("c LOGOUT\r\n");
  CHECK(co_await person.all() == "* BYE\r\nc OK\r\n");
  CHECK(stage.new_side.connections == 0);
  const auto seen = stage.proxy->clients();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].mechanism == "LOGIN");
  CHECK(seen[0].log_ins == 1);
}

Task<void> goes_to_the_new_home(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts = {imap_login("\"tanaka@example.jp\" \"geheim\"") + Script{"END"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka geheim\r\n");
  co_await person.hear(logged_in);
  CHECK(stage.old_side.connections == 0);
}

Task<void> mechanisms(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string plain = base64_encode(std::string("\0tanaka\0geheim", 14));
  const Script commands[] = {
      {"a AUTHENTICATE PLAIN " + plain},
      {"a AUTHENTICATE PLAIN", "+ ", plain},
      {"a AUTHENTICATE LOGIN", "+ VXNlcm5hbWU6", base64_encode("tanaka"), "+ UGFzc3dvcmQ6",
       base64_encode("geheim")},
      {"a LOGIN {6+}", "tanaka {6+}", "geheim"},
      {"a LOGIN {6}", "+ OK", "tanaka \"geheim\""},
  };
  for (const Script& lines : commands) {
    stage.old_side.scripts.push_back(imap_login("\"tanaka\" \"geheim\"") + Script{"END"});
    Talker person = stage.person(Protocol::imap);
    co_await person.hear(greeting);
    for (const std::string& line : lines) {
      const std::string text = line + "\r\n";
      if (line.starts_with("+"))
        co_await person.hear(line);
      else
        co_await person.say(text);
    }
    co_await person.hear(logged_in);
  }
}

Task<void> plain_at_backend(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {{"S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello",
                             "C: %T AUTHENTICATE PLAIN", "S: + ",
                             "C: " + base64_encode(std::string("\0tanaka\0gehe\"m", 14)),
                             "S: %T OK [CAPABILITY IMAP4rev1 IDLE X-SIDE AUTH=PLAIN] in", "END"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka \"gehe\\\"m\"\r\n");
  co_await person.hear(logged_in);
}

Task<void> read_ahead(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {
      imap_login("\"tanaka\" \"geheim\"",
                 "OK [CAPABILITY IMAP4rev1 IDLE X-SIDE] in\r\n* 7 EXISTS\r\n* OK later") +
      Script{"C: b SELECT INBOX", "C: c NOOP", "S: b OK", "S: c OK", "END"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka geheim\r\nb SELECT INBOX\r\nc NOOP\r\n");
  co_await person.hear(logged_in);
  co_await person.hear("* 7 EXISTS");
  co_await person.hear("* OK later");
  co_await person.hear("b OK");
  co_await person.hear("c OK");
}

Task<void> split_login(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string command = "a LOGIN {6+}\r\ntanaka {6+}\r\ngeheim\r\nb NOOP\r\n";
  for (std::size_t at = 1; at < command.size(); ++at) {
    stage.old_side.scripts.push_back(imap_login("\"tanaka\" \"geheim\"") +
                                     Script{"C: b NOOP", "S: b OK", "END"});
    Talker person = stage.person(Protocol::imap);
    co_await person.hear(greeting);
    co_await person.say(command.substr(0, at));
    co_await stage.net.timers.settle();
    co_await person.say(command.substr(at));
    co_await person.hear(logged_in);
    co_await person.hear("b OK");
  }
}

Task<void> waits_after(Stage& stage, std::string answer, std::string told) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {imap_login("\"tanaka\" \"falsch\"", answer),
                            imap_login("\"tanaka\" \"geheim\"") + Script{"END"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka falsch\r\na LOGIN tanaka geheim\r\n");
  co_await stage.net.timers.pass(std::chrono::milliseconds(1999));
  CHECK(stage.old_side.connections == 1);
  co_await stage.net.timers.pass(std::chrono::milliseconds(1));
  co_await person.hear(told);
  co_await person.hear(logged_in);
  CHECK(stage.new_side.connections == 0);
}

Task<void> wrong_password(Stage& stage) {
  return waits_after(stage, "NO [AUTHENTICATIONFAILED] no", refused);
}

// What Exchange says of many things may mean a wrong password, too.
Task<void> not_connected(Stage& stage) {
  return waits_after(stage, "NO User is authenticated but not connected.", not_now);
}

Task<void> unknown_user(Stage& stage) {
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  for (int i = 0; i < 5; ++i) {
    co_await person.say("a LOGIN nobody pw" + std::to_string(i) + "\r\n");
    co_await stage.net.timers.pass(std::chrono::seconds(15));
    co_await person.hear(refused);
  }
  co_await person.hear("* BYE Too many failed log-ins");
  CHECK(stage.old_side.connections + stage.new_side.connections == 0);
}

Task<void> other_identity(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a AUTHENTICATE PLAIN " +
                      base64_encode(std::string("sato\0tanaka\0geheim", 18)) + "\r\n");
  co_await stage.net.timers.pass(std::chrono::seconds(2));
  co_await person.hear(refused);
  CHECK(stage.old_side.connections == 0);
}

Task<void> stored_password(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "old-one", "new-one");
  co_await stage.cut_over("tanaka@example.jp");
  // What the person has always typed is the old side's; the new side wants another.
  stage.new_side.scripts = {
      imap_login("\"tanaka@example.jp\" \"new-one\"") + Script{"END"},
      imap_login("\"tanaka@example.jp\" \"new-one\"") + Script{"END"},
      imap_login("\"tanaka@example.jp\" \"typed\"", "NO [AUTHENTICATIONFAILED]")};
  for (const std::string typed : {"old-one", "new-one"}) {
    Talker person = stage.person(Protocol::imap);
    (void)co_await person.line();
    co_await person.say("a LOGIN tanaka " + typed + "\r\n");
    co_await person.hear(logged_in);
  }
  Talker person = stage.person(Protocol::imap);
  (void)co_await person.line();
  co_await person.say("a LOGIN tanaka typed\r\n");
  co_await stage.net.timers.pass(std::chrono::seconds(2));
  co_await person.hear(refused);
}

Task<void> half_close(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {imap_login("\"tanaka\" \"geheim\"") +
                            Script{"C: b LOGOUT", "END", "S: * BYE bye", "S: b OK"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka geheim\r\nb LOGOUT\r\n");
  co_await person.hear(logged_in);
  REQUIRE(co_await person.stream().shutdown_send());
  CHECK(co_await person.all() == "* BYE bye\r\nb OK\r\n");
}

Task<void> large_both_ways(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string body(stage.in_bytes ? 3000 : 700'000, 'x');
  stage.old_side.scripts = {imap_login("\"tanaka\" \"geheim\"") +
                            Script{"C: b " + body, "S: c " + body, "END"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka geheim\r\n");
  co_await person.hear(logged_in);
  co_await person.say("b " + body + "\r\n");
  co_await person.hear("c " + body);
}

// TLS, front
Task<void> starttls(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {imap_login("\"tanaka\" \"geheim\"") + Script{"END"}};
  Talker person = stage.person(Protocol::imap, true);
  const std::string plain = co_await person.line();
  CHECK(plain.find(" STARTTLS") != std::string::npos);
  co_await person.say("s STARTTLS\r\n");
  co_await person.hear("s OK Begin TLS");
  const auto tls = test::tls_client("mail.test");
  REQUIRE(co_await person.stream().start_tls(tls));
  co_await person.say("a LOGIN tanaka geheim\r\n");
  co_await person.hear(logged_in);
  CHECK(stage.proxy->clients().at(0).tls_version == "TLSv1.3");
  CHECK(stage.proxy->clients().at(0).host_name == "mail.test");
}

Task<void> front_injection(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  Talker person = stage.person(Protocol::imap, true);
  (void)co_await person.line();
  const auto written = co_await person.stream().write("s STARTTLS\r\na LOGIN tanaka geheim\r\n");
  REQUIRE(written);
  CHECK(co_await person.all() == "* BYE Data after STARTTLS\r\n");
  CHECK(stage.old_side.connections == 0);
}

Task<void> http(Stage& stage) {
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("GET / HTTP/1.1\r\n");
  CHECK(co_await person.all() == "");
}

Task<void> slow(Stage& stage) {
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  for (int i = 0; i < 7; ++i) {
    co_await person.say("x");
    co_await stage.net.timers.pass(std::chrono::seconds(9));
  }
  CHECK(co_await person.all() == "* BYE You took too long to log in\r\n");
}

// TLS, backend
Task<void> backend_starttls(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {
      {"S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hello", "C: %T STARTTLS",
       "S: %T OK go", "TLS", "C: %T CAPABILITY", "S: * CAPABILITY IMAP4rev1", "S: %T OK",
       "C: %T LOGIN \"tanaka\" \"geheim\"", "S: %T OK [CAPABILITY IMAP4rev1 IDLE X-SIDE] in",
       "C: b NOOP", "S: b OK", "END"}};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka geheim\r\n");
  co_await person.hear(logged_in);
  co_await person.say("b NOOP\r\n");
  co_await person.hear("b OK");
}

Task<void> hostile_backends(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string hello = "S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hello";
  const Script hostile[] = {
      {"S: * PREAUTH hello", "END"},
      {"S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello", "END"},
      {hello, "C: %T STARTTLS", "S: %T NO not today", "END"},
      {hello, "C: %T STARTTLS", "S: %T OK go\r\n* CAPABILITY IMAP4rev1 AUTH=PLAIN"},
      {"S: * BYE busy"},
      {},
  };
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  for (const Script& script : std::span(hostile).first(4)) {
    stage.old_side.scripts.push_back(script);
    co_await person.say("a LOGIN tanaka geheim\r\n");
    co_await person.hear(not_now);
  }
  Talker another = stage.person(Protocol::imap);
  co_await another.hear(greeting);
  for (const Script& script : std::span(hostile).subspan(4)) {
    stage.old_side.scripts.push_back(script);
    co_await another.say("a LOGIN tanaka geheim\r\n");
    co_await another.hear(not_now);
  }
  CHECK(stage.new_side.connections == 0);
}

// A backend that repeats what it was sent.
Task<void> canary(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {imap_login("\"tanaka\" \"c4n4ry\"", "NO [UNAVAILABLE] c4n4ry"),
                            imap_login("\"tanaka\" \"c4n4ry\"", "NO c4n4ry is wrong")};
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  co_await person.say("a LOGIN tanaka c4n4ry\r\n");
  co_await person.hear(not_now);
  co_await person.say("a LOGIN tanaka c4n4ry\r\na LOGIN c4n4ry c4n4ry\r\n");
  co_await stage.net.timers.pass(std::chrono::seconds(20));
  co_await person.hear(refused);
  co_await person.hear(refused);
}

std::string logged_while(void (*work)(), const std::string& file) {
  log::start(log::Level::debug, file);
  work();
  log::start(log::Level::warning);
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

Task<void> bad_certificate(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  for (int i = 0; i < 2; ++i)
    stage.old_side.scripts.push_back({"S: * OK [CAPABILITY IMAP4rev1 STARTTLS] hello",
                                      "C: %T STARTTLS", "S: %T OK go", "NO TLS"});
  Talker person = stage.person(Protocol::imap);
  co_await person.hear(greeting);
  for (int i = 0; i < 2; ++i) {
    co_await person.say("a LOGIN tanaka geheim\r\n");
    co_await person.hear(not_now);
    CHECK(stage.old_side.connections == i + 1U);  // not tried again by itself
  }
}

}  // namespace

TEST_CASE("IMAP: a log-in goes to the account's home, and bytes flow") {
  both_ways(goes_home);
}
TEST_CASE("IMAP: after the cut-over a log-in goes to the new side") {
  both_ways(goes_to_the_new_home);
}
TEST_CASE("IMAP: LOGIN with literals, AUTHENTICATE PLAIN and LOGIN") {
  both_ways(mechanisms);
}
TEST_CASE("IMAP: a backend that offers PLAIN gets any password whole") {
  both_ways(plain_at_backend);
}
TEST_CASE("IMAP: what either side sent ahead is not lost") {
  both_ways(read_ahead);
}
TEST_CASE("IMAP: LOGIN with literals, split everywhere") {
  Stage stage;
  stage.net.run(split_login(stage));
  stage.net.run(stage.net.group.join());
  stage.check_backends();
}
TEST_CASE("T-31 IMAP: a wrong password waits for its answer") {
  both_ways(wrong_password);
}
TEST_CASE("T-31 IMAP: an answer that may mean a wrong password waits as one") {
  both_ways(not_connected);
}
TEST_CASE("T-29 IMAP: an unknown user is answered like a wrong password, nobody is asked") {
  both_ways(unknown_user);
}
TEST_CASE("IMAP: nobody logs in as somebody else") {
  both_ways(other_identity);
}
TEST_CASE("IMAP: people keep one password when the sides differ") {
  both_ways(stored_password);
}
TEST_CASE("IMAP: the client's half-close is passed on, LOGOUT's answer arrives") {
  both_ways(half_close);
}
TEST_CASE("IMAP: much in both directions") {
  both_ways(large_both_ways);
}
TEST_CASE("IMAP: STARTTLS in front") {
  both_ways(starttls);
}
TEST_CASE("T-01 IMAP: bytes behind STARTTLS end the session") {
  both_ways(front_injection);
}
TEST_CASE("T-06 IMAP: HTTP is cut off without an answer") {
  both_ways(http);
}
TEST_CASE("T-18 IMAP: a slow log-in is cut off by the limit in all") {
  both_ways(slow);
}
TEST_CASE("IMAP: STARTTLS to the backend") {
  both_ways(backend_starttls, net::TlsMode::starttls);
}
TEST_CASE("T-02 T-04 IMAP: no credential for PREAUTH, no or refused STARTTLS, injected bytes") {
  both_ways(hostile_backends, net::TlsMode::starttls);
}

TEST_CASE("T-27 IMAP: a password is in no log line, whatever the backend says") {
  const migration::TempDirectory directory;
  const std::string text = logged_while([] { both_ways(canary); }, directory.path + "/log");
  CHECK(text.find("W-SES-1") != std::string::npos);
  CHECK(text.find("I-SES-2") != std::string::npos);
  CHECK(text.find("c4n4ry") == std::string::npos);
}
TEST_CASE("T-05 IMAP: a backend with another name's certificate gets no credential") {
  Stage stage(net::TlsMode::starttls, false, "elsewhere.test");
  stage.net.run(bad_certificate(stage));
  stage.net.run(stage.net.group.join());
  stage.check_backends();
}

}  // namespace tandem::session
