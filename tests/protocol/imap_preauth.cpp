// An IMAP session before log-in.
#include <random>

#include <catch2/catch.hpp>

#include "lib/protocol/imap/preauth.hpp"

using namespace tandem::imap;
using Action = Preauth::Action;

namespace {

struct Owner {
  bool tls = true;
  Preauth::Settings settings = {};
  std::string refuse_code = "AUTHENTICATIONFAILED";
  std::size_t most_memory = 0;

  // Everything the session says, with what it asks of its owner in braces.
  std::string talk(std::string_view input, std::size_t piece) {
    Preauth session(settings, tls);
    std::string out;
    while (true) {
      const Action action = session.next();
      out += session.take_output();
      most_memory = std::max(most_memory, session.memory());
      switch (action) {
        case Action::need_input:
          if (input.empty()) return out;
          session.feed(input.substr(0, piece));
          input.remove_prefix(std::min(piece, input.size()));
          break;
        case Action::start_tls:
          out += "{tls}";
          session.tls_started();
          break;
        case Action::close: return out + "{close}";
        case Action::login:
          out += "{" + session.tag() + " " + session.user() + " " + session.password() + "}";
          if (session.password() == "right") return out + session.take_rest() + std::string(input);
          session.refuse(refuse_code, "Log-in failed");
          break;
        case Action::sasl_begin:
          out += "{" + session.mechanism() + " " + session.response().value_or("-") + "}";
          session.challenge("Username:");
          break;
        case Action::sasl_response:
          out += "{" + *session.response() + "}";
          session.refuse(refuse_code, "Log-in failed");
          break;
        case Action::sasl_ended: out += "{ended}"; break;
      }
    }
  }

  void check(std::string_view input, std::string_view expected) {
    const std::string greeting = Preauth(settings, tls).take_output();
    for (const std::size_t piece : {1UL, 2UL, 3UL, 5UL, 17UL, input.size()})
      CHECK(talk(input, piece) == greeting + std::string(expected));
  }
};

}  // namespace

TEST_CASE("imap preauth: greeting and capabilities follow TLS") {
  CHECK(Preauth({}, true).take_output() ==
        "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=LOGIN] ready\r\n");
  CHECK(Preauth({}, false).take_output() ==
        "* OK [CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID STARTTLS LOGINDISABLED] ready\r\n");
}

TEST_CASE("imap preauth: a session up to its credentials, with what was read ahead") {
  Owner().check(
      "a NOOP\r\nb ID (\"name\" {1}\r\nx)\r\nc LOGIN bob wrong\r\nd LOGIN {3}\r\nbob "
      "{5+}\r\nright\r\ne SELECT INBOX\r\n",
      "a OK Done\r\n+ OK\r\n* ID NIL\r\nb OK Done\r\n{c bob wrong}c NO [AUTHENTICATIONFAILED] "
      "Log-in failed\r\n"
      "+ OK\r\n{d bob right}e SELECT INBOX\r\n");
}

TEST_CASE("imap preauth: SASL with and without initial response, cancelled and malformed") {
  Owner owner;
  owner.settings.max_errors = 10;
  owner.check(
      "a AUTHENTICATE LOGIN\r\nYm9i\r\nb AUTHENTICATE plain AGI=\r\n*\r\nc AUTHENTICATE PLAIN "
      "=\r\n!!\r\n"
      "d AUTHENTICATE GSSAPI\r\ne LOGOUT\r\n",
      std::string(
          "{LOGIN -}+ VXNlcm5hbWU6\r\n{bob}a NO [AUTHENTICATIONFAILED] Log-in failed\r\n{PLAIN ") +
          '\0' +
          "b}+ VXNlcm5hbWU6\r\nb BAD Cancelled\r\n{ended}{PLAIN }+ VXNlcm5hbWU6\r\n"
          "c BAD malformed base64\r\n{ended}d NO [CANNOT] Unknown mechanism\r\n* BYE Goodbye\r\n"
          "e OK Done\r\n{close}");
}

TEST_CASE("imap preauth: no credentials in the clear") {
  Owner owner{.tls = false};
  owner.check("a LOGIN bob right\r\nb AUTHENTICATE PLAIN AGEAYg==\r\n",
              "a NO [PRIVACYREQUIRED] TLS is required before a log-in\r\n"
              "b NO [PRIVACYREQUIRED] TLS is required before a log-in\r\n");
}

TEST_CASE("imap preauth: bytes after STARTTLS are never interpreted [T-01]", "[T-01]") {
  Owner owner{.tls = false};
  const std::string greeting = Preauth({}, false).take_output();
  CHECK(owner.talk("a STARTTLS\r\nb LOGIN evil right\r\n", 100) ==
        greeting + "* BYE Data after STARTTLS\r\n{close}");
  CHECK(owner.talk("a STARTTLS\r\nb", 100) == greeting + "* BYE Data after STARTTLS\r\n{close}");
  CHECK(owner.talk("a STARTTLS\r\n", 3) == greeting + "a OK Begin TLS\r\n{tls}");
}

TEST_CASE("imap preauth: TLS forgets what was before it [T-03]", "[T-03]") {
  Preauth session({}, false);
  session.feed("a ID (\"name\" \"x\")\r\n");
  CHECK(session.next() == Action::need_input);
  CHECK(session.client_id().size() == 1);
  session.feed("a STARTTLS\r\n");
  CHECK(session.next() == Action::start_tls);
  session.tls_started();
  CHECK(session.client_id().empty());
  session.feed("b CAPABILITY\r\n");
  CHECK(session.next() == Action::need_input);
  CHECK(session.take_output() ==
        "* CAPABILITY IMAP4rev1 LITERAL- SASL-IR ID AUTH=PLAIN AUTH=LOGIN\r\nb OK Done\r\n");
  session.feed("c STARTTLS\r\n");
  CHECK(session.next() == Action::need_input);
  CHECK(session.take_output() == "c BAD STARTTLS is not possible here\r\n");
}

TEST_CASE("imap preauth: foreign protocols and errors end it, nothing is echoed [T-06]", "[T-06]") {
  Owner owner{.tls = false};
  owner.check("GET /secret HTTP/1.1\r\nHost: x\r\n", "{close}");
  owner.check(std::string("\x16\x03\x01\x02\x00\x01", 6), "{close}");
  owner.check("secret\x01\r\n secret\r\n(secret\r\nx NOOP\r\n",
              "* BAD Tag missing\r\n* BAD Tag missing\r\n* BAD Tag missing\r\n* BYE Too many "
              "errors\r\n{close}");
  owner.check("a SELECT INBOX\r\nb APPEND x {17+}\r\nc LOGIN bob right\r\nd ENABLE UTF8=ACCEPT\r\n",
              "a BAD Log in first\r\nb BAD Log in first\r\nd BAD Log in first\r\n* BYE Too many "
              "errors\r\n{close}");
}

TEST_CASE("imap preauth: whatever is sent, no more than 16 KiB are held [T-15][T-16]",
          "[T-15][T-16]") {
  std::string pairs = "a ID (";
  for (int at = 0; at < 1000; ++at) pairs += "\"n\" \"v\" ";
  std::string flood;
  for (int at = 0; at < 20000; ++at) flood += "a {9+}\r\n123456789";
  std::string noops;
  for (int at = 0; at < 20000; ++at) noops += "a NOOP\r\n";
  for (const std::string& input : std::initializer_list<std::string>{
           "a LOGIN {4294967295}\r\n", "a LOGIN {4294967295+}\r\n" + std::string(100000, 'x'),
           "a LOGIN x " + std::string(100000, 'x'), std::string(100000, '('),
           "a AUTHENTICATE PLAIN\r\n" + std::string(100000, 'A'),
           "a AUTHENTICATE PLAIN " + std::string(6000, 'A') + "\r\n", pairs + ")\r\n", flood, noops,
           "a LOGIN {6000+}\r\n" + std::string(6000, 'x')}) {
    for (const std::size_t piece : {1UL, 2048UL}) {
      Owner owner;
      owner.settings.max_errors = 100;
      owner.talk(input, piece);
      CHECK(owner.most_memory <= 16 * 1024);
    }
  }
}

TEST_CASE("imap preauth: random bytes affect one session only [T-19]", "[T-19]") {
  std::mt19937 random(20261124);
  const std::string_view pieces[] = {"a ",
                                     "LOGIN ",
                                     "bob ",
                                     "{3}\r\n",
                                     "{5+}\r\n",
                                     "\r\n",
                                     "AUTHENTICATE ",
                                     "PLAIN ",
                                     "AGEAYg==",
                                     "ID (",
                                     ")",
                                     "\"",
                                     "NIL",
                                     "NOOP",
                                     "\xff\xfe",
                                     "STARTTLS",
                                     "*",
                                     "=",
                                     "CAPABILITY",
                                     "APPEND x {4+}\r\n"};
  for (int round = 0; round < 2000; ++round) {
    std::string input;
    for (int at = 0; at < 40; ++at) input += pieces[random() % std::size(pieces)];
    Owner owner{.tls = round % 2 == 0};
    owner.settings.max_errors = 50;
    const std::string out = owner.talk(input, 1 + random() % 30);
    CHECK(out.starts_with("* OK [CAPABILITY"));
    CHECK(owner.most_memory <= 16 * 1024);
  }
}
