// The client machine against scripted replies: whole, byte by byte, failing at step n.
#include <functional>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/protocol/smtp/client_machine.hpp"

using namespace tandem;
using namespace tandem::smtp;

namespace {

// Answers every line the client writes by a table of prefixes.
struct ClientRun {
  explicit ClientRun(ClientOptions given) : machine(std::move(given)) {}

  Result<std::vector<Reply>> run(std::string server = {}) {
    while (true) {
      ClientAction action = machine.next();
      switch (action.kind) {
        case ClientAction::Kind::done: return machine.take();
        case ClientAction::Kind::start_tls:
          tls = true;
          machine.tls_started();
          break;
        case ClientAction::Kind::send:
          sent += action.bytes;
          ++groups;
          server += answers(action.bytes);
          break;
        case ClientAction::Kind::read: {
          if (server.empty()) {
            machine.failed(Error{ErrorKind::closed, "closed", Origin::other, true, {}, {}});
            break;
          }
          const std::size_t size = std::min(step, server.size());
          machine.received(server.substr(0, size));
          server.erase(0, size);
          break;
        }
      }
    }
  }

  std::string answers(std::string_view lines) {
    std::string out;
    for (std::string_view line : split(lines, '\n')) {
      if (line.empty()) continue;
      if (fail_at-- == 0) return out;
      for (const auto& [prefix, reply] : table) {
        if (!istarts_with(line, prefix)) continue;
        out += reply;
        break;
      }
    }
    return out;
  }

  std::vector<std::pair<std::string, std::string>> table{
      {"EHLO", "250-mx\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250 AUTH PLAIN LOGIN\r\n"},
      {"LHLO", "250-mx\r\n250 PIPELINING\r\n"},
      {"HELO", "250 mx\r\n"},
      {"STARTTLS", "220 go\r\n"},
      {"AUTH", "235 2.7.0 in\r\n"},
      {"MAIL", "250 2.1.0 ok\r\n"},
      {"RCPT TO:<no", "550 5.1.1 unknown\r\n"},
      {"RCPT", "250 2.1.5 ok\r\n"},
      {"DATA", "354 go\r\n"},
      {".", "250 2.0.0 queued\r\n"},
      {"RSET", "250 ok\r\n"},
      {"QUIT", "221 bye\r\n"},
      {"NOOP", "250 ok\r\n"},
      {"XCLIENT", "220 mx\r\n"}};
  ClientMachine machine;
  std::size_t step = 65536;
  std::string sent;
  int groups = 0;
  int fail_at = -1;
  bool tls = false;
};

ClientOptions plain() {
  ClientOptions options;
  options.host = "us.example";
  options.tls = ClientOptions::Tls::never;
  return options;
}

}  // namespace

TEST_CASE("client: open, a pipelined transaction, content, quit; also byte by byte") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
    ClientRun run(plain());
    run.step = step;
    run.machine.open();
    REQUIRE(run.run("220 mx ESMTP\r\n"));
    CHECK(run.machine.capabilities().pipelining);
    CHECK(run.machine.capabilities().size == 1000U);
    CHECK(run.machine.capabilities().auth == std::vector<std::string>{"PLAIN", "LOGIN"});
    run.groups = 0;
    run.machine.envelope({.from = "a@x"}, {{.to = "b@x"}, {.to = "no@x"}}, true);
    const auto replies = run.run();
    REQUIRE(replies);
    REQUIRE(replies->size() == 4);
    CHECK(run.groups == 1);
    CHECK((*replies)[2].code == 550);
    CHECK((*replies)[2].enhanced == "5.1.1");
    CHECK((*replies)[2].text() == "unknown");
    CHECK((*replies)[3].code == 354);
    std::string wire;
    run.machine.content(".a\n", wire);
    CHECK(wire == "..a\r\n");
    run.machine.data_end();
    const auto end = run.run();
    REQUIRE(end);
    REQUIRE(end->size() == 1);
    CHECK(end->front().to_string() == "250 2.0.0 queued");
    run.machine.quit();
    CHECK(run.run());
    CHECK_FALSE(run.machine.usable());
    CHECK(run.sent.ends_with("RCPT TO:<no@x>\r\nDATA\r\n.\r\nQUIT\r\n"));
  }
}

TEST_CASE("client: LIMITS are read, and a session that took MAILMAX messages is spent") {
  ClientRun run(plain());
  run.table[0].second = "250-mx\r\n250 LIMITS MAILMAX=2 RCPTMAX=100 RCPTDOMAINMAX=x odd=\r\n";
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  CHECK(run.machine.capabilities().mail_max == 2U);
  CHECK(run.machine.capabilities().rcpt_max == 100U);
  for (const bool spent : {false, true}) {
    run.machine.mail({.from = "a@x"});
    REQUIRE(run.run());
    CHECK(run.machine.spent() == spent);
  }
  run.table[0].second = "250-mx\r\n250 LIMITS MAILMAX=0 RCPTMAX=many\r\n";
  ClientRun without(plain());
  without.table = run.table;
  without.machine.open();
  REQUIRE(without.run("220 mx\r\n"));
  CHECK_FALSE(without.machine.capabilities().mail_max);
  CHECK_FALSE(without.machine.capabilities().rcpt_max);
  CHECK_FALSE(without.machine.spent());
}

TEST_CASE("client: step mode, and without pipelining a refused MAIL ends the group") {
  ClientRun run(plain());
  run.table[0].second = "250 mx\r\n";
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  run.machine.mail({.from = ""});
  REQUIRE(run.run());
  run.machine.rcpt({.to = "b@x"});
  REQUIRE(run.run());
  run.machine.rcpt({.to = "no@x"});
  CHECK(run.run()->front().permanent());
  CHECK(run.machine.accepted() == 1);
  run.machine.rset();
  REQUIRE(run.run());
  run.table[5].second = "451 4.7.1 later\r\n";
  run.machine.envelope({.from = "a@x"}, {{.to = "b@x"}}, true);
  const auto replies = run.run();
  REQUIRE(replies);
  CHECK(replies->size() == 1);
  CHECK(replies->front().temporary());
  CHECK(run.sent.ends_with("MAIL FROM:<a@x>\r\n"));
  CHECK(run.machine.usable());
}

TEST_CASE("client: LMTP gets one final reply per accepted recipient") {
  ClientOptions options = plain();
  options.lmtp = true;
  ClientRun run(options);
  run.table[9].second = "250 2.0.0 one\r\n452 4.2.2 two\r\n";
  run.machine.open();
  REQUIRE(run.run("220 mx LMTP\r\n"));
  run.machine.envelope({.from = "a@x"}, {{.to = "b@x"}, {.to = "no@x"}, {.to = "c@x"}}, true);
  REQUIRE(run.run());
  run.machine.data_end();
  const auto end = run.run();
  REQUIRE(end);
  REQUIRE(end->size() == 2);
  CHECK((*end)[1].enhanced == "4.2.2");
}

TEST_CASE("client: a session that breaks at step n is an error and never half an answer") {
  for (int n = 0; n < 5; ++n) {
    ClientRun run(plain());
    run.fail_at = n;
    run.machine.open();
    auto result = run.run("220 mx\r\n");
    if (result) {
      run.machine.envelope({.from = "a@x"}, {{.to = "b@x"}}, true);
      result = run.run();
    }
    if (result) {
      run.machine.data_end();
      result = run.run();
    }
    CAPTURE(n);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::closed);
    CHECK_FALSE(run.machine.usable());
  }
}

TEST_CASE("client: HELO for a server that does not know EHLO") {
  ClientRun run(plain());
  run.table[0].second = "502 what?\r\n";
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  CHECK(run.sent == "EHLO us.example\r\nHELO us.example\r\n");
  CHECK_FALSE(run.machine.capabilities().extended);
}

TEST_CASE("T-04 required TLS that is missing or refused ends the session before any credential") {
  ClientOptions options = plain();
  options.tls = ClientOptions::Tls::required;
  options.credentials = sasl::Credentials{.user = "tim", .password = "canary"};
  ClientRun missing(options);
  missing.machine.open();
  const auto none = missing.run("220 mx\r\n");
  REQUIRE_FALSE(none);
  CHECK(none.error().kind == ErrorKind::tls);
  CHECK(missing.sent.find("AUTH") == std::string::npos);

  ClientRun refused(options);
  refused.table[0].second = "250-mx\r\n250 STARTTLS\r\n";
  refused.table[3].second = "454 no\r\n";
  refused.machine.open();
  const auto no = refused.run("220 mx\r\n");
  REQUIRE_FALSE(no);
  CHECK(no.error().temporary);
  CHECK(refused.sent.find("AUTH") == std::string::npos);
}

TEST_CASE("T-02 bytes behind the answer to STARTTLS close the connection") {
  ClientOptions options = plain();
  options.tls = ClientOptions::Tls::required;
  ClientRun run(options);
  run.table[0].second = "250-mx\r\n250 STARTTLS\r\n";
  run.table[3].second = "220 go\r\n250 evil\r\n";
  run.machine.open();
  const auto result = run.run("220 mx\r\n");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::protocol);
  CHECK_FALSE(run.tls);
}

TEST_CASE("T-03 after TLS the client asks for capabilities again, then logs in") {
  ClientOptions options = plain();
  options.tls = ClientOptions::Tls::required;
  options.credentials = sasl::Credentials{.user = "tim", .password = "pencil"};
  ClientRun run(options);
  run.table[0].second = "250-mx\r\n250-STARTTLS\r\n250 AUTH=PLAIN\r\n";
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  CHECK(run.tls);
  CHECK(run.sent == "EHLO us.example\r\nSTARTTLS\r\nEHLO us.example\r\nAUTH PLAIN " +
                        base64_encode(std::string_view("\0tim\0pencil", 11)) + "\r\n");
}

TEST_CASE("T-30 without TLS no mechanism that shows the password is used") {
  ClientOptions options = plain();
  options.credentials = sasl::Credentials{.user = "tim", .password = "canary"};
  ClientRun run(options);
  run.machine.open();
  const auto result = run.run("220 mx\r\n");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::authentication);
  CHECK(run.sent.find("AUTH") == std::string::npos);
}

TEST_CASE("T-20 endless lines, endless replies and nonsense are bounded errors") {
  std::string many;
  for (int i = 0; i < 70; ++i) many += "220-x\r\n";
  for (const std::string& greeting : {std::string(100000, 'x'), many, std::string("hello\r\n"),
                                      std::string("220-a\r\n250 b\r\n"), std::string("99 x\r\n")}) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
      ClientRun run(plain());
      run.step = step;
      run.machine.open();
      const auto result = run.run(greeting);
      REQUIRE_FALSE(result);
      CHECK(result.error().kind == ErrorKind::protocol);
    }
  }
}

TEST_CASE("T-21 no caller can inject a line through an address or a parameter") {
  ClientRun run(plain());
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  run.sent.clear();
  run.machine.rcpt({.to = "a@x>\r\nDATA\r\n"});
  CHECK(run.run().error().kind == ErrorKind::invalid);
  run.machine.envelope({.from = "a@x", .envid = "x\r\nQUIT"}, {}, false);
  CHECK(run.run().error().kind == ErrorKind::invalid);
  CHECK(run.sent.empty());
  CHECK(run.machine.usable());
}

TEST_CASE("client: a greeting that refuses is an error with the server's words") {
  ClientRun run(plain());
  run.machine.open();
  const auto result = run.run("421 4.3.2 busy\r\n");
  REQUIRE_FALSE(result);
  CHECK(result.error().kind == ErrorKind::refused);
  CHECK(result.error().temporary);
  CHECK(result.error().server_words == "421 4.3.2 busy");
}

TEST_CASE("client: an unexpected reply between commands is noticed, a 421 is the next answer") {
  ClientRun run(plain());
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  run.table[12].second = "250 ok\r\n250 stray\r\n";
  run.machine.noop();
  REQUIRE(run.run());
  run.machine.noop();
  CHECK(run.run().error().kind == ErrorKind::protocol);
}

namespace {

const ClientIdentity partner{.address = "192.0.2.7",
                             .port = 4711,
                             .name = "mx.partner.example",
                             .helo = "partner.example",
                             .protocol = "ESMTP"};
constexpr std::string_view partner_line =
    "XCLIENT ADDR=192.0.2.7 PORT=4711 NAME=mx.partner.example HELO=partner.example PROTO=ESMTP\r\n";
constexpr std::string_view with_xclient =
    "250-mx\r\n250-XCLIENT NAME ADDR PROTO HELO DESTADDR DESTPORT PORT LOGIN\r\n250 AUTH PLAIN\r\n";

}  // namespace

TEST_CASE("client: XCLIENT goes before AUTH and MAIL, and EHLO is said again as the client") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
    ClientOptions options = plain();
    options.secret_without_tls = true;
    options.credentials = sasl::Credentials{.user = "tim", .password = "pencil"};
    options.client = partner;
    ClientRun run(options);
    run.step = step;
    run.table[0].second = with_xclient;
    run.machine.open();
    REQUIRE(run.run("220 mx\r\n"));
    CHECK(run.machine.forwarded());
    CHECK(run.sent == "EHLO " + options.host + "\r\n" + std::string(partner_line) +
                          "EHLO partner.example\r\nAUTH PLAIN AHRpbQBwZW5jaWw=\r\n");
    CHECK(run.sent.find("LOGIN=") == std::string::npos);
  }
}

TEST_CASE("client: after STARTTLS, never before it, the server is told of the client") {
  ClientOptions options;
  options.client = partner;
  ClientRun run(options);
  run.table[0].second = "250-mx\r\n250-STARTTLS\r\n250 XCLIENT ADDR\r\n";
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  CHECK(run.sent ==
        "EHLO localhost\r\nSTARTTLS\r\nEHLO localhost\r\nXCLIENT ADDR=192.0.2.7\r\nEHLO "
        "partner.example\r\n");
}

TEST_CASE("client: a server without XCLIENT, or one that refuses it, is told nothing") {
  for (const bool offered : {false, true}) {
    ClientOptions options = plain();
    options.client = partner;
    ClientRun run(options);
    if (offered) run.table[0].second = with_xclient;
    for (auto& [prefix, reply] : run.table)
      if (prefix == "XCLIENT") reply = "550 5.7.0 no\r\n";
    run.machine.open();
    REQUIRE(run.run("220 mx\r\n"));
    CHECK_FALSE(run.machine.forwarded());
    CHECK((run.sent.find("XCLIENT") != std::string::npos) == offered);
    run.machine.mail({.from = "a@x.example"});
    CHECK(run.run());
    run.machine.forward(partner);
    CHECK(run.run().error().kind == ErrorKind::refused);
    CHECK_FALSE(run.machine.usable());
  }
}

TEST_CASE("T-24 a session speaks for the next client only when its server has taken that one",
          "[T-24]") {
  ClientOptions options = plain();
  options.client = partner;
  ClientRun run(options);
  run.table[0].second = with_xclient;
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  run.sent.clear();
  run.machine.forward({.address = "2001:db8::9", .name_later = true});
  REQUIRE(run.run());
  CHECK(run.sent ==
        "XCLIENT ADDR=IPV6:2001:db8::9 PORT=[UNAVAILABLE] NAME=[TEMPUNAVAIL] "
        "HELO=[UNAVAILABLE] PROTO=ESMTP\r\nEHLO " +
            options.host + "\r\n");
  for (auto& [prefix, reply] : run.table)
    if (prefix == "XCLIENT") reply = "501 5.5.4 no\r\n";
  run.machine.forward(partner);
  CHECK(run.run().error().kind == ErrorKind::refused);
  CHECK_FALSE(run.machine.usable());
}

namespace {

ClientOptions for_partner() {
  ClientOptions options = plain();
  options.client = partner;
  return options;
}

// The server knows no XCLIENT, and answers XFORWARD so.
void offer_xforward(ClientRun& run, std::string answer) {
  run.table[0].second = "250-mx\r\n250 XFORWARD NAME ADDR PROTO HELO SOURCE PORT IDENT\r\n";
  run.table.insert(run.table.begin(), {"XFORWARD", std::move(answer)});
}

}  // namespace

TEST_CASE("client: XFORWARD, where there is no XCLIENT, goes before each message in our own name") {
  ClientRun run(for_partner());
  offer_xforward(run, "250 2.0.0 Ok\r\n");
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  CHECK(run.machine.forwarded());
  const std::string told = "XFORWARD" + std::string(partner_line).substr(7);
  CHECK(run.sent == "EHLO " + plain().host + "\r\n" + told);
  run.sent.clear();
  run.machine.forward({.address = "2001:db8::9"});
  REQUIRE(run.run());
  CHECK(run.sent ==
        "XFORWARD ADDR=IPV6:2001:db8::9 PORT=[UNAVAILABLE] NAME=[UNAVAILABLE] "
        "HELO=[UNAVAILABLE] PROTO=ESMTP\r\n");
  run.table[0].second = "550 5.7.0 no\r\n";
  run.machine.forward(partner);
  CHECK(run.run().error().kind == ErrorKind::refused);
}

TEST_CASE("client: a server that refuses XFORWARD at first is spoken to as ourselves") {
  ClientRun run(for_partner());
  offer_xforward(run, "550 5.7.0 no\r\n");
  run.machine.open();
  REQUIRE(run.run("220 mx\r\n"));
  CHECK_FALSE(run.machine.forwarded());
  run.machine.mail({.from = "a@x.example"});
  CHECK(run.run());
}

TEST_CASE("T-21 what is no client's identity is told to nobody", "[T-21]") {
  for (const ClientIdentity& wrong :
       {ClientIdentity{.address = "192.0.2.7 LOGIN=x"}, ClientIdentity{.address = "mx.example"},
        ClientIdentity{.address = "192.0.2.7", .name = "a\r\nQUIT"},
        ClientIdentity{.address = "192.0.2.7", .helo = "a b"},
        ClientIdentity{.address = "192.0.2.7", .protocol = "ESMTP LOGIN=x"}}) {
    ClientOptions options = plain();
    options.client = wrong;
    ClientRun run(options);
    run.table[0].second = with_xclient;
    run.machine.open();
    REQUIRE(run.run("220 mx\r\n"));
    CHECK(run.sent == "EHLO " + options.host + "\r\n");
  }
}
