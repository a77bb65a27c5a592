// Whom a session is for, as backends that trust us are told, and what a client cannot say about it.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

// Of loopback, since log-ins without TLS are for those.
const std::string from = "127.0.0.9";
const std::string plain = base64_encode(std::string("\0tanaka\0geheim", 14));

struct TrustedStage : Stage {
  explicit TrustedStage(bool bytes) : Stage(net::TlsMode::never, bytes) {
    proxy.reset();
    auto trusting = settings();
    trusting.old_side.forward_client = true;
    auto made = migration::Registry::open(*store, {std::move(trusting)}, secrets, net.clock());
    REQUIRE(made);
    registry = std::move(*made);
    open_proxy(options());
  }
};

Script imap_with_id(const std::string& id) {
  return {"S: * OK [CAPABILITY IMAP4rev1 ID] hello",
          "C: %T ID (" + id + ")",
          "S: * ID NIL",
          "S: %T OK",
          "C: %T LOGIN \"tanaka\" \"geheim\"",
          "S: %T OK [CAPABILITY IMAP4rev1] in",
          "END"};
}

Task<void> imap_is_told(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {
      imap_with_id("\"x-originating-ip\" \"127.0.0.9\" \"x-originating-port\" \"4711\" "
                   "\"x-proxy-ttl\" \"4\"")};
  Talker person = stage.person(Protocol::imap, false, from);
  co_await person.line();
  // What it says of itself is known to the census at most.
  co_await person.say(
      "i ID (\"name\" \"Mutt\" \"x-originating-ip\" \"203.0.113.66\" \"x-originating-port\" \"1\" "
      "\"x-connected-ip\" \"203.0.113.66\" \"x-session-id\" \"forged\")\r\n");
  CHECK((co_await person.answer("i OK")).starts_with("i OK"));
  co_await person.say("a LOGIN tanaka geheim\r\n");
  CHECK((co_await person.answer("a ")).starts_with("a OK"));
  const auto seen = stage.proxy->clients();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].address == from);
  CHECK(seen[0].client == "Mutt");
}

Task<void> imap_counts_down(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {
      imap_with_id("\"x-originating-ip\" \"127.0.0.9\" \"x-originating-port\" \"4711\" "
                   "\"x-proxy-ttl\" \"1\""),
      imap_with_id("\"x-originating-ip\" \"127.0.0.9\" \"x-originating-port\" \"4711\" "
                   "\"x-proxy-ttl\" \"4\"")};
  for (const char* left : {"2", "200"}) {
    Talker person = stage.person(Protocol::imap, false, from);
    co_await person.line();
    co_await person.say("i ID (\"x-proxy-ttl\" \"" + std::string(left) + "\")\r\n");
    CHECK((co_await person.answer("i OK")).starts_with("i OK"));
    co_await person.say("a LOGIN tanaka geheim\r\n");
    CHECK((co_await person.answer("a ")).starts_with("a OK"));
  }
  for (const char* left : {"1", "0"}) {
    Talker person = stage.person(Protocol::imap, false, from);
    co_await person.line();
    co_await person.say("i ID (\"x-proxy-ttl\" \"" + std::string(left) + "\")\r\n");
    CHECK((co_await person.answer("i OK")).starts_with("i OK"));
    co_await person.say("a LOGIN tanaka geheim\r\n");
    CHECK((co_await person.answer("a ")).starts_with("a NO [UNAVAILABLE]"));
  }
  CHECK(stage.old_side.connections == 2);
}

Task<void> side_that_does_not_trust(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts = {{"S: * OK [CAPABILITY IMAP4rev1 ID] hello",
                             "C: %T LOGIN \"tanaka@example.jp\" \"geheim\"",
                             "S: %T OK [CAPABILITY IMAP4rev1] in", "END"}};
  Talker person = stage.person(Protocol::imap, false, from);
  co_await person.line();
  co_await person.say("i ID (\"x-originating-ip\" \"203.0.113.66\")\r\n");
  CHECK((co_await person.answer("i OK")).starts_with("i OK"));
  co_await person.say("a LOGIN tanaka geheim\r\n");
  CHECK((co_await person.answer("a ")).starts_with("a OK"));
}

Task<void> imap_refuses_the_id(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  Script script = imap_with_id(
      "\"x-originating-ip\" \"127.0.0.9\" \"x-originating-port\" "
      "\"4711\" \"x-proxy-ttl\" \"4\"");
  script.erase(script.begin() + 2);
  script[2] = "S: %T BAD what";
  stage.old_side.scripts = {script};
  Talker person = stage.person(Protocol::imap, false, from);
  co_await person.line();
  co_await person.say("a LOGIN tanaka geheim\r\n");
  CHECK((co_await person.answer("a ")).starts_with("a OK"));
}

Task<void> submission_is_told(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string offers =
      "S: 250-there\r\n250-XCLIENT NAME ADDR PORT PROTO HELO LOGIN\r\n"
      "250 AUTH PLAIN";
  stage.old_side.scripts = {
      {"S: 220 there", "C: EHLO mail.test", offers,
       "C: XCLIENT ADDR=127.0.0.9 PORT=4711 NAME=[UNAVAILABLE] HELO=laptop PROTO=ESMTP",
       "S: 220 there", "C: EHLO laptop", offers, "C: AUTH PLAIN " + plain, "S: 235 2.7.0 ok",
       "C: MAIL FROM:<tanaka@example.jp>", "S: 250 ok", "END"}};
  Talker person = stage.person(Protocol::submission, false, from);
  co_await person.line();
  co_await person.say("EHLO laptop\r\n");
  const std::string last = co_await person.answer("250 ");
  CHECK(last.find("XCLIENT") == std::string::npos);
  co_await person.say("XCLIENT ADDR=203.0.113.66\r\n");
  CHECK((co_await person.line()).starts_with("550 5.7.1 "));
  co_await person.say("AUTH PLAIN " + plain + "\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.say("MAIL FROM:<tanaka@example.jp>\r\n");
  co_await person.hear("250 ok");
}

Task<void> pop3_is_told(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const Script log_in = {"C: USER tanaka", "S: +OK", "C: PASS geheim", "S: +OK in", "END"};
  stage.old_side.scripts = {Script{"S: +OK [XCLIENT] hello", "C: CAPA", "S: +OK\r\nUSER\r\n.",
                                   "C: XCLIENT ADDR=127.0.0.9 PORT=4711 TTL=4", "S: +OK Updated"} +
                                log_in,
                            Script{"S: +OK hello", "C: CAPA", "S: +OK\r\nUSER\r\n."} + log_in};
  for (int i = 0; i < 2; ++i) {
    Talker person = stage.person(Protocol::pop3, false, from);
    co_await person.line();
    co_await person.say("USER tanaka\r\n");
    co_await person.line();
    co_await person.say("PASS geheim\r\n");
    co_await person.hear("+OK Logged in");
  }
}

void both_ways_trusted(Task<void> (*story)(Stage&)) {
  for (const bool bytes : {false, true}) {
    TrustedStage stage(bytes);
    INFO((bytes ? "byte by byte" : "whole"));
    stage.net.run(story(stage));
    stage.net.run(stage.net.group.join());
    stage.check_backends();
  }
}

}  // namespace

TEST_CASE(
    "T-24 IMAP: a backend that trusts us is told the connection's address, not the client's "
    "own ID") {
  both_ways_trusted(imap_is_told);
}
TEST_CASE("T-24 IMAP: a backend that does not trust us is told nothing, by us or by the client") {
  both_ways_trusted(side_that_does_not_trust);
}
TEST_CASE("IMAP: a backend that refuses to be told is logged in to as ever") {
  both_ways_trusted(imap_refuses_the_id);
}
TEST_CASE("T-26 IMAP: each proxy counts a session's hops down, and the last one refuses it") {
  both_ways_trusted(imap_counts_down);
}
TEST_CASE("T-24 POP3: a backend that takes it is told the connection's address") {
  both_ways_trusted(pop3_is_told);
}
TEST_CASE("T-24 T-22 submission: a backend that trusts us is told the connection's address") {
  both_ways_trusted(submission_is_told);
}

}  // namespace tandem::session
