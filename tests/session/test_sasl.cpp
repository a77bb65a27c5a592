// Log-ins that do not show the password (CRAM-MD5, SCRAM-SHA-256, APOP), and OAuth tokens.
#include "lib/net/listener.hpp"
#include "lib/protocol/pop3/login_machine.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "proxy/session/backend.hpp"
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

struct Words {
  Protocol protocol;
  std::string begin;      // the command, up to the mechanism
  std::string challenge;  // what a challenge begins with
  std::string in, refused, later;
};
const Words imap_words{
    Protocol::imap,      "a AUTHENTICATE ", "+ ", "a OK ", "a NO [AUTHENTICATIONFAILED]",
    "a NO [UNAVAILABLE]"};
const Words pop3_words{Protocol::pop3,  "AUTH ",       "+ ",
                       "+OK Logged in", "-ERR [AUTH]", "-ERR [SYS/TEMP]"};
const Words smtp_words{Protocol::submission, "AUTH ", "334 ", "235 ", "535 ", "454 "};

// Up to the first log-in.
Task<void> greet(Talker& person, const Words& words) {
  (void)co_await person.line();
  if (words.protocol != Protocol::submission) co_return;
  co_await person.say("EHLO laptop\r\n");
  (void)co_await person.answer("250 ");
}

// The client's side of an exchange, `delay` after each of its lines; the line that ends it.
Task<std::string> exchange(Stage& stage, Talker& person, const Words& words, std::string name,
                           sasl::Credentials credentials, Duration delay = Duration(0)) {
  const auto mechanism = sasl::make_client(name, credentials);
  auto initial = mechanism->initial();
  co_await person.say(words.begin + name + "\r\n");
  while (true) {
    const std::string line = co_await person.line();
    if (!line.starts_with(words.challenge)) co_return line;
    std::string response = "*";
    const auto challenge = base64_decode(trim(line.substr(words.challenge.size())));
    REQUIRE(challenge);
    if (initial) {
      response = base64_encode(*std::exchange(initial, std::nullopt));
    } else if (const auto next = mechanism->step(*challenge)) {
      response = base64_encode(*next);
    }
    response += "\r\n";
    co_await person.say(response);
    if (delay != Duration(0)) co_await stage.net.timers.pass(delay);
  }
}

std::string plain(const std::string& user, const std::string& password) {
  return base64_encode(std::string(1, '\0') + user + std::string(1, '\0') + password);
}

// A backend that is logged in to with this, and says that it is there.
Script backend(Protocol protocol, const std::string& user, const std::string& password) {
  if (protocol == Protocol::imap) return imap_login("\"" + user + "\" \"" + password + "\"");
  if (protocol == Protocol::pop3)
    return {"S: +OK hello",    "C: CAPA",         "S: +OK\r\nUSER\r\n.",
            "C: USER " + user, "S: +OK password", "C: PASS " + password,
            "S: +OK in"};
  return {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 AUTH PLAIN",
          "C: AUTH PLAIN " + plain(user, password), "S: 235 in"};
}

Task<void> hidden(Stage& stage, const Words& words, std::string name) {
  CAPTURE(name, words.begin);
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  // Either side's password, before and after the cut-over: the home side's own goes there.
  for (const std::string password : {"altes", "neues"}) {
    stage.old_side.scripts.push_back(backend(words.protocol, "tanaka", "altes"));
    Talker person = stage.person(words.protocol);
    co_await greet(person, words);
    sasl::Credentials credentials{.user = "tanaka@example.jp", .password = password};
    const std::string answer =
        co_await exchange(stage, person, words, name, std::move(credentials));
    CHECK(answer.starts_with(words.in));
  }
  CHECK(stage.new_side.connections == 0);
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts.push_back(backend(words.protocol, "tanaka@example.jp", "neues"));
  Talker person = stage.person(words.protocol);
  co_await greet(person, words);
  sasl::Credentials credentials{.user = "tanaka", .password = "altes"};
  const std::string answer = co_await exchange(stage, person, words, name, std::move(credentials));
  CHECK(answer.starts_with(words.in));
  CHECK(stage.old_side.connections == 2);
  const auto seen = stage.proxy->clients();
  REQUIRE(!seen.empty());
  CHECK(seen.front().mechanism == name);
}

// Wrong, unknown: the same words, after the same delay, and no backend is asked.
Task<void> wrong(Stage& stage, const Words& words, std::string name) {
  CAPTURE(name, words.begin);
  co_await stage.import("tanaka@example.jp", "altes");
  for (const std::string user : {"tanaka", "nobody"}) {
    Talker person = stage.person(words.protocol);
    co_await greet(person, words);
    sasl::Credentials credentials{.user = user, .password = "falsch"};
    const std::string answer = co_await exchange(stage, person, words, name, std::move(credentials),
                                                 std::chrono::seconds(4));
    CHECK(answer.starts_with(words.refused));
  }
  CHECK(stage.old_side.connections == 0);
  CHECK(stage.new_side.connections == 0);
}

Task<void> token(Stage& stage, std::string name) {
  SessionOptions options = stage.options();
  options.oauth = true;
  stage.open_proxy(options);
  co_await stage.import("tanaka@example.jp");
  auto client =
      sasl::make_client(name, {.user = "tanaka", .token = "ey.token", .host = "localhost"});
  const std::string response = base64_encode(*client->initial());
  stage.old_side.scripts = {
      {"S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=" + name + "] hello",
       "C: %T AUTHENTICATE " + name + " " + response, "S: %T OK [CAPABILITY IMAP4rev1] in"},
      {"S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=" + name + "] hello",
       "C: %T AUTHENTICATE " + name + " " + response, "S: + " + base64_encode("{}"),
       "C: " + base64_encode(*client->step("")), "S: %T NO [AUTHENTICATIONFAILED] expired"},
      {"S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hello", "END"}};
  for (const std::string& ending : {imap_words.in, imap_words.refused, imap_words.later}) {
    Talker person = stage.person(Protocol::imap);
    co_await greet(person, imap_words);
    sasl::Credentials credentials{.user = "tanaka", .token = "ey.token"};
    const std::string answer = co_await exchange(stage, person, imap_words, name,
                                                 std::move(credentials), std::chrono::seconds(4));
    CHECK(answer.starts_with(ending));
  }
  CHECK(stage.new_side.connections == 0);
}
// What stands in the old side's password column there is a refresh token.
Task<void> refresh_token(Stage& stage) {
  auto chosen = stage.settings();
  chosen.old_side.oauth.kind = config::OAuthKind::refresh_token;
  stage.proxy.reset();
  auto made = migration::Registry::open(*stage.store, {chosen}, stage.secrets, stage.net.clock());
  REQUIRE(made);
  stage.registry = std::move(*made);
  stage.open_proxy(stage.options());
  co_await stage.import("tanaka@example.jp", "refresh");
  Talker other = stage.person(Protocol::imap);
  const std::string offered = co_await other.line();
  CHECK(offered.find("AUTH=PLAIN AUTH=LOGIN]") != std::string::npos);
  co_await stage.import("tanaka@example.jp", "refresh", "neues");
  stage.old_side.scripts = {backend(Protocol::imap, "tanaka", "neues")};
  Talker person = stage.person(Protocol::imap);
  co_await greet(person, imap_words);
  sasl::Credentials credentials{.user = "tanaka", .password = "neues"};
  const std::string answer =
      co_await exchange(stage, person, imap_words, "PLAIN", std::move(credentials));
  CHECK(answer.starts_with(imap_words.in));
}

Task<void> apop(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  stage.old_side.scripts = {backend(Protocol::pop3, "tanaka", "altes")};
  Talker person = stage.person(Protocol::pop3);
  const std::string greeting = co_await person.line();
  const std::string banner(trim(greeting.substr(greeting.find('<'))));
  for (const std::string password : {"falsch", "neues"}) {
    const std::string digest = pop3::apop_digest(banner, password);
    co_await person.say("APOP tanaka " + digest + "\r\n");
    if (password == "falsch") co_await stage.net.timers.pass(std::chrono::seconds(2));
    const std::string answer = co_await person.line();
    CHECK(answer.starts_with(password == "falsch" ? "-ERR [AUTH]" : "+OK Logged in"));
  }
}

Task<void> apop_in_the_clear(Stage& stage) {
  SessionOptions options = stage.options();
  options.login_without_tls = false;
  co_await stage.import("tanaka@example.jp", "altes");
  for (const bool allowed : {false, true}) {
    options.apop_without_tls = allowed;
    stage.open_proxy(options);
    if (allowed) stage.old_side.scripts = {backend(Protocol::pop3, "tanaka", "altes")};
    Talker person = stage.person(Protocol::pop3, true);
    const std::string greeting = co_await person.line();
    const std::string banner(trim(greeting.substr(greeting.find('<'))));
    const std::string digest = pop3::apop_digest(banner, "altes");
    co_await person.say("APOP tanaka " + digest + "\r\n");
    const std::string answer = co_await person.line();
    CHECK(answer.starts_with(allowed ? "+OK Logged in" : "-ERR [SYS/PERM]"));
    person.close();
    co_await stage.net.group.join();
  }
}

// One account's password is missing: a mechanism that hides it would fail for its client.
Task<void> offers(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes");
  {
    Talker person = stage.person(Protocol::imap);
    const std::string all = co_await person.line();
    CHECK(all.find("AUTH=SCRAM-SHA-256 AUTH=CRAM-MD5") != std::string::npos);
    CHECK(all.find("OAUTH") == std::string::npos);
  }
  co_await stage.import("suzuki@example.jp");
  Talker person = stage.person(Protocol::imap);
  const std::string some = co_await person.line();
  CHECK(some.find("AUTH=PLAIN AUTH=LOGIN]") != std::string::npos);
  // APOP is there for those whose password is; the census says whom it does not serve.
  Talker other = stage.person(Protocol::pop3);
  (void)co_await other.line();
  co_await other.say("APOP suzuki 0123456789abcdef0123456789abcdef\r\n");
  co_await stage.net.timers.pass(std::chrono::seconds(2));
  CHECK((co_await other.line()).starts_with("-ERR [AUTH]"));
  const auto seen = stage.proxy->clients();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].account == stage.id("suzuki@example.jp"));
  CHECK(seen[0].problem == "no stored password");
}

// Kicked between SCRAM's proof and its last word: the backend of the old route is not used.
Task<void> moved_meanwhile(Stage& stage) {
  co_await stage.import("tanaka@example.jp", "altes");
  stage.old_side.scripts = {backend(Protocol::imap, "tanaka", "altes") + Script{"END"}};
  Talker person = stage.person(Protocol::imap);
  (void)co_await person.line();
  const auto client = sasl::make_client("SCRAM-SHA-256", {.user = "tanaka", .password = "altes"});
  co_await person.say("a AUTHENTICATE SCRAM-SHA-256 " + base64_encode(*client->initial()) + "\r\n");
  for (int round = 0; round < 2; ++round) {
    const std::string line = co_await person.line();
    const auto response = client->step(*base64_decode(trim(line.substr(2))));
    REQUIRE(response);
    if (round == 1) {
      net::TaskGroup moving(stage.net.executor());
      co_await stage.proxy->hold(stage.id("tanaka@example.jp"), std::chrono::seconds(9));
      std::function<Task<void>()> drain = [&stage]() -> Task<void> {
        (void)co_await stage.proxy->drain(stage.id("tanaka@example.jp"), std::chrono::seconds(9));
      };
      moving.spawn(drain());
      co_await net::yield_now();
      const std::string text = base64_encode(*response) + "\r\n";
      co_await person.say(text);
      CHECK((co_await person.line()).starts_with(imap_words.later));
      co_await moving.join();
    } else {
      const std::string text = base64_encode(*response) + "\r\n";
      co_await person.say(text);
    }
  }
}

// A backend on a loopback socket without TLS.
Task<void> overheard(Stage& stage) {
  const std::string hello = "S: * OK [CAPABILITY IMAP4rev1 AUTH=PLAIN";
  auto listener = *net::Listener::open(stage.net.executor(), "127.0.0.1", 0);
  net::TaskGroup group(stage.net.executor());
  net::Listener::Handler serve = [&stage](net::StreamPtr stream) {
    Script script = std::move(stage.old_side.scripts.front());
    stage.old_side.scripts.pop_front();
    return play(std::move(stream), std::move(script), &stage.old_side, false);
  };
  group.spawn(listener->serve(group, serve));
  const net::Endpoint endpoint{.protocol = Protocol::imap,
                               .host = "127.0.0.1",
                               .port = listener->port(),
                               .tls = net::TlsMode::never};
  const std::string challenge = "<1@there>";
  const std::string response = base64_encode("tanaka " + sasl::cram_md5_digest(challenge, "altes"));
  stage.old_side.scripts = {
      {hello + "] hello", "END"},
      {hello + " AUTH=CRAM-MD5] hello", "C: %T AUTHENTICATE CRAM-MD5",
       "S: + " + base64_encode(challenge), "C: " + response, "S: %T OK [CAPABILITY IMAP4rev1] in"}};
  for (const bool offered : {false, true}) {
    BackendLogin login{.name = "tanaka", .password = Secret("altes"), .keep_hidden = true};
    BackendOptions options{.hostname = "mail.test"};
    const auto backend =
        co_await open_backend(stage.connector, endpoint, std::move(login), std::move(options));
    CHECK(backend.has_value() == offered);
  }
  listener->close();
  co_await group.join();
}

}  // namespace

TEST_CASE("T-30 what was hidden in front is not shown over a socket without TLS") {
  Stage stage;
  stage.net.run(overheard(stage));
  stage.check_backends();
}
TEST_CASE("T-29 SASL: who hides the password is checked here and logged in at home") {
  for (const Words* words : {&imap_words, &pop3_words, &smtp_words})
    for (const std::string name : {"CRAM-MD5", "SCRAM-SHA-256"}) {
      Stage stage;
      stage.net.run(hidden(stage, *words, name));
      stage.net.run(stage.net.group.join());
      stage.check_backends();
    }
}
TEST_CASE("T-31 SASL: a wrong proof and an unknown name wait alike") {
  for (const Words* words : {&imap_words, &pop3_words, &smtp_words})
    for (const std::string name : {"CRAM-MD5", "SCRAM-SHA-256"}) {
      Stage stage;
      stage.net.run(wrong(stage, *words, name));
      stage.net.run(stage.net.group.join());
    }
}
TEST_CASE("T-29 OAuth: a token goes to the home side, if that takes tokens") {
  for (const std::string name : {"OAUTHBEARER", "XOAUTH2"}) {
    Stage stage;
    stage.net.run(token(stage, name));
    stage.net.run(stage.net.group.join());
    stage.check_backends();
  }
}
TEST_CASE("T-29 OAuth: a stored refresh token is no password: it never goes to a mail server") {
  Stage stage;
  stage.net.run(refresh_token(stage));
  stage.net.run(stage.net.group.join());
  stage.check_backends();
}
TEST_CASE("POP3: APOP against either side's password") {
  both_ways(apop);
}
TEST_CASE("POP3: APOP without TLS only where it is allowed") {
  both_ways(apop_in_the_clear);
}
TEST_CASE("SASL: what is offered depends on which passwords are stored") {
  both_ways(offers);
}
TEST_CASE("T-32 SASL: an account that moves during the exchange is not let in on the old route") {
  both_ways(moved_meanwhile);
}

}  // namespace tandem::session
