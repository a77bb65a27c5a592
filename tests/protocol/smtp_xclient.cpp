// XCLIENT: its grammar both ways, and its place in a session.
#include <catch2/catch.hpp>

#include "lib/protocol/smtp/xclient.hpp"
#include "tests/protocol/smtp_server_fixture.hpp"

using namespace tandem;
using namespace tandem::smtp;

namespace {

ClientIdentity parsed(std::string_view argument) {
  const auto client = parse_xclient(argument);
  CAPTURE(argument);
  REQUIRE(client);
  return *client;
}

}  // namespace

TEST_CASE("XCLIENT attributes become a client, in any case and order") {
  CHECK(
      parsed("ADDR=192.0.2.7 PORT=4711 NAME=mx.partner.example HELO=partner.example PROTO=ESMTP") ==
      ClientIdentity{.address = "192.0.2.7",
                     .port = 4711,
                     .name = "mx.partner.example",
                     .helo = "partner.example",
                     .protocol = "ESMTP"});
  CHECK(parsed("proto=smtp  helo=[192.0.2.7] addr=IPV6:2001:DB8::7") ==
        ClientIdentity{.address = "2001:db8::7", .helo = "[192.0.2.7]", .protocol = "SMTP"});
  CHECK(parsed("ADDR=ipv6:::ffff:192.0.2.7").address == "192.0.2.7");
  CHECK(parsed("ADDR=2001:db8::7").address == "2001:db8::7");
  CHECK(parsed("NAME=[UNAVAILABLE] ADDR=[TEMPUNAVAIL] HELO=[unavailable]") == ClientIdentity{});
  CHECK(parsed("NAME=[TEMPUNAVAIL]").name_later);
  CHECK(parsed("HELO=a+2Db.example+2e").helo == "a-b.example.");
}

TEST_CASE("T-21 an XCLIENT value that its grammar does not allow is refused", "[T-21]") {
  const std::string_view wrong[] = {"",
                                    "ADDR",
                                    "=192.0.2.7",
                                    "ADDR=",
                                    "ADDR=192.0.2",
                                    "ADDR=mx.example",
                                    "ADDR=192.0.2.7+00",
                                    "ADDR=192.0.2.7+20NAME=x",
                                    "ADDR=IPV6:fe80::1%eth0",
                                    "PORT=65536",
                                    "PORT=-1",
                                    "PORT=1+0A",
                                    "NAME=",
                                    "NAME=mx+0D+0AQUIT",
                                    "NAME=mx+20other",
                                    "NAME=mx+3Dother",
                                    "NAME=[192.0.2.7]",
                                    "NAME=m\xc3\xbcnchen.example",
                                    "HELO=a+0Ab",
                                    "HELO=a+00b",
                                    "HELO=a+09b",
                                    "HELO=a+2",
                                    "HELO=a+",
                                    "HELO=a+zz",
                                    "HELO=a=b",
                                    "PROTO=LMTP",
                                    "LOGIN=hanako@example.jp",
                                    "DESTADDR=192.0.2.1",
                                    "ADDR=192.0.2.7 LOGIN=x"};
  for (const std::string_view argument : wrong) {
    CAPTURE(argument);
    const auto client = parse_xclient(argument);
    REQUIRE_FALSE(client);
    CHECK(client.error().code == 501);
    CHECK(client.error().enhanced == "5.5.4");
  }
}

TEST_CASE("a server is told each attribute it takes, and nothing of an earlier client is left") {
  const ClientIdentity known{.address = "2001:db8::7",
                             .port = 4711,
                             .name = "mx.partner.example",
                             .helo = "partner.example",
                             .protocol = "SMTP"};
  const std::vector<std::string> postfix = {"NAME",     "ADDR", "PROTO", "HELO",
                                            "DESTADDR", "PORT", "LOGIN"};
  CHECK(xclient_lines(known, postfix) ==
        std::vector<std::string>{"XCLIENT ADDR=IPV6:2001:db8::7 PORT=4711 NAME=mx.partner.example "
                                 "HELO=partner.example PROTO=SMTP"});
  CHECK(xclient_lines({.address = "192.0.2.7"}, postfix) ==
        std::vector<std::string>{"XCLIENT ADDR=192.0.2.7 PORT=[UNAVAILABLE] NAME=[UNAVAILABLE] "
                                 "HELO=[UNAVAILABLE] PROTO=ESMTP"});
  CHECK(xclient_lines(known, {"ADDR", "PORT", "TTL"}) ==
        std::vector<std::string>{"XCLIENT ADDR=IPV6:2001:db8::7 PORT=4711"});
  CHECK(xclient_lines(known, {"NAME", "LOGIN"}).empty());
  CHECK(xclient_lines({.port = 4711}, postfix).empty());
}

TEST_CASE("a client that is kept as text is the same when read") {
  const std::string long_name = std::string(60, 'a') + "." + std::string(190, 'b') + ".jp";
  for (const ClientIdentity& client :
       {ClientIdentity{.address = "2001:db8::7", .name_later = true, .protocol = "ESMTP"},
        ClientIdentity{.address = "192.0.2.7",
                       .port = 4711,
                       .name = long_name,
                       .helo = long_name,
                       .protocol = "SMTP"}})
    CHECK(parsed(to_text(client)) == client);
  CHECK(to_text({}).empty());
  CHECK(to_text({.address = "192.0.2.7 x"}).empty());
}

TEST_CASE("long names are told in several lines, each of which is read as it was meant") {
  const std::string long_name = std::string(60, 'a') + "." + std::string(190, 'b') + ".jp";
  const ClientIdentity known{.address = "192.0.2.7",
                             .port = 4711,
                             .name = long_name,
                             .helo = long_name,
                             .protocol = "ESMTP"};
  const auto lines = xclient_lines(known, {"NAME", "ADDR", "PORT", "PROTO", "HELO"});
  REQUIRE(lines.size() == 2);
  ClientIdentity heard;
  for (const std::string& line : lines) {
    CHECK(line.size() <= 510);
    const ClientIdentity part = parsed(line.substr(8));
    if (!part.address.empty()) heard.address = part.address;
    if (part.port != 0) heard.port = part.port;
    if (!part.name.empty()) heard.name = part.name;
    if (!part.helo.empty()) heard.helo = part.helo;
    if (!part.protocol.empty()) heard.protocol = part.protocol;
  }
  CHECK(heard == known);
}

namespace {

ServerOptions trusting() {
  ServerOptions options = test::ServerRun::standard();
  options.xclient = true;
  return options;
}

constexpr std::string_view identity =
    "XCLIENT ADDR=192.0.2.7 PORT=4711 NAME=mx.partner.example HELO=partner.example PROTO=ESMTP\r\n";

}  // namespace

TEST_CASE("T-22 XCLIENT is announced to whom it is allowed, and refused 550 to anybody else",
          "[T-22]") {
  test::ServerRun trusted(trusting());
  trusted.say("EHLO proxy.example\r\n");
  CHECK(trusted.take().find("XCLIENT NAME ADDR PORT PROTO HELO\r\n") != std::string::npos);
  trusted.say(identity);
  CHECK(trusted.take() == "220 mx.example ESMTP ready\r\n");
  CHECK(trusted.client.address == "192.0.2.7");

  test::ServerRun stranger;
  stranger.say("EHLO proxy.example\r\n");
  CHECK(stranger.take().find("XCLIENT") == std::string::npos);
  stranger.say(identity);
  CHECK(stranger.take().starts_with("550 5.7.1 "));
  CHECK(stranger.client == ClientIdentity{});
}

TEST_CASE("XCLIENT begins a new session, at every split, before EHLO and after it") {
  for (const std::string_view before : {"", "EHLO proxy.example\r\n"})
    for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{65536}}) {
      test::ServerRun run(trusting());
      run.feed(before);
      run.take();
      run.feed(identity, step);
      CHECK(run.take() == "220 mx.example ESMTP ready\r\n");
      CHECK(run.client.port == 4711);
      run.say("MAIL FROM:<a@x.example>\r\n");
      CHECK(run.take().starts_with("503 "));
      run.start();
      CHECK(run.mails.size() == 1);
      CHECK(run.rcpts.size() == 1);
    }
}

TEST_CASE("XCLIENT has no place inside a transaction, in a group, or before required TLS") {
  test::ServerRun inside(trusting());
  inside.start();
  inside.take();
  inside.say(identity);
  CHECK(inside.take().starts_with("503 "));
  CHECK(inside.aborts == 0);

  test::ServerRun grouped(trusting());
  grouped.feed(std::string(identity) + "EHLO partner.example\r\n");
  CHECK(grouped.closed);
  CHECK(grouped.client == ClientIdentity{});

  ServerOptions options = trusting();
  options.require_tls = options.starttls = true;
  test::ServerRun clear(options);
  clear.say("EHLO proxy.example\r\n");
  clear.take();
  clear.say(identity);
  CHECK(clear.take().starts_with("530 "));
}

TEST_CASE("the policy may refuse an XCLIENT, and wrong ones count as errors") {
  test::ServerRun refused(trusting());
  refused.on_xclient = make_reply(421, "4.3.2", "not now");
  refused.say(identity);
  CHECK(refused.closed);
  test::ServerRun wrong(trusting());
  for (int i = 0; i < 10; ++i) wrong.say("XCLIENT LOGIN=a\r\n");
  CHECK(wrong.closed);
  const std::string said = wrong.take();
  CHECK(said.find("501 5.5.4 ") != std::string::npos);
  CHECK(said.find("421 4.7.0 ") != std::string::npos);
}
