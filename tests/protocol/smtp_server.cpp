// The server machine: dialogues whole and byte by byte, sequence, pipelining, limits, STARTTLS,
// BDAT.
#include <random>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "tests/protocol/smtp_server_fixture.hpp"

using namespace tandem;
using namespace tandem::smtp;
using tandem::smtp::test::ServerRun;

namespace {

const std::string session =
    "EHLO client.example\r\nMAIL FROM:<a@x.example> SIZE=5 BODY=8BITMIME RET=HDRS ENVID=q+2B1\r\n"
    "RCPT TO:<b@mx.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;b@mx.example\r\nRCPT "
    "TO:<no@mx.example>\r\n"
    "DATA\r\nSubject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n";

int count(std::string_view text, std::string_view what) {
  int found = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos; at = text.find(what, at + 1))
    ++found;
  return found;
}

ServerOptions with_auth() {
  ServerOptions options = ServerRun::standard();
  options.auth_mechanisms = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"};
  options.tls_active = true;
  return options;
}

}  // namespace

TEST_CASE("an SMTP session, line by line and byte by byte") {
  for (const bool bytes : {false, true}) {
    ServerRun run;
    if (bytes)
      run.feed(session, 1);
    else
      run.say(session);
    CHECK(run.closed);
    CHECK(run.quit);
    REQUIRE(run.messages.size() == 1);
    CHECK(run.messages[0] == "Subject: x\r\n\r\n.dot\r\n");
    CHECK(run.helo.name == "client.example");
    REQUIRE(run.mails.size() == 1);
    CHECK(run.mails[0].size == 5U);
    CHECK(run.mails[0].body == Body::eight_bit_mime);
    CHECK(run.mails[0].envid == "q+2B1");
    CHECK(run.rcpts[0].notify == "SUCCESS,FAILURE");
    CHECK(run.rcpts[0].orcpt == "rfc822;b@mx.example");
    CHECK(run.aborts == 0);
    CHECK(run.out.starts_with(
        "220 mx.example ESMTP ready\r\n250-mx.example hello\r\n250-PIPELINING\r\n"));
    CHECK(
        run.out.ends_with("250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 unknown\r\n"
                          "354 Send the message, end with CRLF.CRLF\r\n250 2.0.0 taken\r\n"
                          "221 2.0.0 mx.example says goodbye\r\n"));
  }
}

TEST_CASE("a session that breaks after n bytes is aborted exactly when a transaction was open") {
  for (std::size_t n = 0; n < session.size(); ++n) {
    ServerRun run;
    run.feed(session.substr(0, n), 1);
    const bool open = !run.mails.empty() && run.messages.empty();
    run.machine.ended();
    run.turn();
    REQUIRE(run.closed);
    REQUIRE(run.aborts == (open ? 1 : 0));
  }
}

TEST_CASE("a time-out is answered 421 4.4.2 in every state") {
  for (std::size_t n = 0; n + 6 < session.size(); n += 5) {
    ServerRun run;
    run.feed(session.substr(0, n), 1);
    run.take();
    run.machine.timed_out();
    run.turn();
    CHECK(run.closed);
    CHECK(run.take().starts_with("421 4.4.2 "));
  }
}

TEST_CASE("RFC 2920 a group of commands is answered in order, in one piece") {
  ServerRun run;
  run.say("EHLO c\r\n");
  run.take();
  run.feed("MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nRCPT TO:<no@x>\r\nDATA\r\n");
  CHECK(run.take() ==
        "250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 unknown\r\n"
        "354 Send the message, end with CRLF.CRLF\r\n");
  run.feed("x\r\n.\r\nMAIL FROM:<c@x>\r\nRSET\r\nNOOP\r\n");
  CHECK(run.take() == "250 2.0.0 taken\r\n250 2.1.0 ok\r\n250 2.0.0 Forgotten\r\n250 2.0.0 Ok\r\n");
  CHECK(run.aborts == 1);
}

TEST_CASE("T-13 input pipelined where RFC 2920 forbids it closes the session") {
  const std::string cases[] = {
      "EHLO c\r\nMAIL FROM:<>\r\n", "HELO c\r\nN",
      "EHLO c\r\n\x01MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA\r\nSubject: x\r\n"};
  for (const std::string& text : cases) {
    ServerRun run;
    const std::size_t mark = text.find('\x01');
    if (mark != std::string::npos) run.say(text.substr(0, mark));
    run.feed(mark == std::string::npos ? text : text.substr(mark + 1));
    CHECK(run.closed);
    CHECK(run.out.ends_with("554 5.5.1 Nothing may follow this command before its answer\r\n"));
    CHECK(run.messages.empty());
  }
  ServerMachine early(ServerRun::standard());
  CHECK(early.next().kind == ServerAction::Kind::ask);
  early.received("EHLO x\r\n");
  const ServerAction refusal = early.next();
  CHECK(refusal.bytes.starts_with("554 5.5.1 "));
  CHECK(early.next().kind == ServerAction::Kind::close);
}

TEST_CASE("T-01 bytes behind STARTTLS close the connection, at every split") {
  const std::string text = "STARTTLS\r\nMAIL FROM:<evil@x>\r\n";
  for (std::size_t size = 11; size <= text.size(); ++size) {
    ServerOptions options = ServerRun::standard();
    options.starttls = true;
    ServerRun run(options);
    run.say("EHLO c\r\n");
    run.feed(text.substr(0, size));
    CHECK(run.closed);
    CHECK_FALSE(run.tls);
    CHECK(run.mails.empty());
  }
}

TEST_CASE("T-03 all state from before TLS is cleared and capabilities are announced anew") {
  ServerOptions options = ServerRun::standard();
  options.starttls = true;
  options.auth_mechanisms = {"PLAIN"};
  ServerRun run(options);
  run.say("EHLO c\r\n");
  CHECK(run.take().find("STARTTLS") != std::string::npos);
  run.say("AUTH PLAIN AGEAYg==\r\n");
  CHECK(run.take().starts_with("538 5.7.11"));
  run.say("STARTTLS\r\n");
  CHECK(run.take() == "220 2.0.0 Go ahead\r\n");
  CHECK(run.tls);
  run.say("MAIL FROM:<a@x>\r\n");
  CHECK(run.take().starts_with("503 "));
  run.say("EHLO c\r\n");
  const std::string reply = run.take();
  CHECK(reply.find("STARTTLS") == std::string::npos);
  CHECK(reply.find("AUTH PLAIN") != std::string::npos);
}

TEST_CASE("RFC 3207 with TLS required nothing but greeting and STARTTLS is possible") {
  ServerOptions options = ServerRun::standard();
  options.starttls = options.require_tls = true;
  ServerRun run(options);
  run.say("EHLO c\r\n");
  run.take();
  run.say("MAIL FROM:<a@x>\r\n");
  CHECK(run.take().starts_with("530 5.7.0"));
  run.feed("BDAT 4 LAST\r\nabcdNOOP\r\n");
  CHECK(run.take() == "503 5.5.1 Bad sequence of commands\r\n250 2.0.0 Ok\r\n");
}

TEST_CASE("T-06 an HTTP request, a TLS hello and endless errors are not talked to") {
  ServerRun http;
  http.feed("GET /secret HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(http.closed);
  CHECK(http.out.find("secret") == std::string::npos);
  ServerRun hello;
  hello.feed(std::string("\x16\x03\x01\x02\0", 5));
  CHECK(hello.closed);
  ServerRun errors;
  for (int i = 0; i < 5; ++i) errors.feed("FOO canary\r\n");
  CHECK(errors.closed);
  CHECK(count(errors.out, "500 5.5.1") == 5);
  CHECK(errors.out.ends_with("421 4.7.0 mx.example closes: too many errors\r\n"));
  CHECK(errors.out.find("canary") == std::string::npos);
}

TEST_CASE("sequence errors, syntax errors and unknown parameters") {
  struct Case {
    std::string line, reply;
  };
  const Case fresh[] = {{"MAIL FROM:<a@x>\r\n", "503 5.5.1"},
                        {"EHLO\r\n", "501 5.5.4"},
                        {"EHLO a b\r\n", "501 5.5.4"},
                        {"LHLO c\r\n", "500 5.5.1"},
                        {"NOOP\n", "500 5.5.2"},
                        {"AUTH PLAIN\r\n", "503 5.5.1"},
                        {"EXPN list\r\n", "502 5.7.0"},
                        {"VRFY x\r\n", "252 2.1.5"}};
  for (const Case& c : fresh) {
    ServerRun run;
    run.take();
    run.feed(c.line);
    CAPTURE(c.line);
    CHECK(run.take().starts_with(c.reply));
  }
  const Case ready[] = {{"RCPT TO:<a@x>\r\n", "503 5.5.1"},
                        {"DATA\r\n", "503 5.5.1"},
                        {"MAIL FROM:a@x\r\n", "501 5.5.4"},
                        {"MAIL FROM:<a@x> FOO=1\r\n", "555 5.5.4"},
                        {"MAIL FROM:<a@x> SIZE=x\r\n", "555 5.5.4"},
                        {"MAIL FROM:<a@x> SIZE=999999999999\r\n", "552 5.3.4"},
                        {"MAIL FROM:<a b@x>\r\n", "553 5.1.7"},
                        {"MAIL FROM:<\xc3\xa4@x>\r\n", "553 5.1.7"},
                        {"MAIL FROM:<\xc3\xa4@x> SMTPUTF8\r\n", "250 2.1.0"},
                        {"MAIL FROM: <a..b.@docomo.example>\r\n", "250 2.1.0"},
                        {"MAIL FROM:<@relay.example:a@x>\r\n", "250 2.1.0"},
                        {"MAIL FROM:<\"a b>c\"@x>\r\n", "250 2.1.0"},
                        {"mail from:<a@[192.0.2.1]>\r\n", "250 2.1.0"},
                        {"MAIL FROM:<a@x> REQUIRETLS\r\n", "555 5.5.4"}};
  for (const Case& c : ready) {
    ServerRun run;
    run.say("EHLO c\r\n");
    run.take();
    run.feed(c.line);
    CAPTURE(c.line);
    CHECK(run.take().starts_with(c.reply));
  }
}

TEST_CASE("T-14 recipients and command lines are bounded, the message by the announced SIZE") {
  ServerOptions options = ServerRun::standard();
  options.max_recipients = 3;
  options.body.size = 1000;
  ServerRun run(options);
  run.start();
  for (int i = 0; i < 3; ++i) run.say("RCPT TO:<c@x>\r\n");
  CHECK(run.take().ends_with("250 2.1.5 ok\r\n452 4.5.3 Too many recipients\r\n"));
  run.feed("NOOP " + std::string(5000, 'x') + "\r\n");
  CHECK(run.take() == "500 5.5.2 Line too long\r\n");
  run.say("DATA\r\n");
  run.take();
  run.feed("Subject: x\r\n\r\n" + std::string(2000, 'y') + "\r\n.\r\nNOOP\r\n");
  CHECK(run.take() == "552 5.3.4 Message size exceeds the limit\r\n250 2.0.0 Ok\r\n");
  CHECK(run.messages.empty());
  CHECK(run.aborts == 1);
}

TEST_CASE("a message without end is not read for ever") {
  ServerOptions options = ServerRun::standard();
  options.body.size = 1000;
  ServerRun run(options);
  run.start();
  run.say("DATA\r\n");
  const std::string block(65536, 'x');
  for (int i = 0; i < 40 && !run.closed; ++i) run.feed(block);
  CHECK(run.closed);
  CHECK(run.out.find("421 4.3.0") != std::string::npos);
}

TEST_CASE("content comes in pieces of at most 64 KiB whatever the message holds") {
  ServerRun run;
  run.start();
  run.say("DATA\r\n");
  run.feed(std::string(300000, '\n') + "\r\n.\r\n");
  CHECK(run.largest_chunk <= 65536);
  REQUIRE(run.messages.size() == 1);
  CHECK(run.messages[0].size() == 600002);
  CHECK(run.machine.framing_counts().bare_lf == 300000);
  CHECK(run.most_held < 64 * 1024 * 3);
}

TEST_CASE("a refused chunk is never acknowledged, and the dialogue goes on") {
  ServerRun run;
  run.take_chunks = false;
  run.start();
  run.say("DATA\r\n");
  run.take();
  run.feed("x\r\ny\r\n.\r\nNOOP\r\n", 3);
  CHECK(run.take() == "451 4.3.0 The message could not be taken\r\n250 2.0.0 Ok\r\n");
}

TEST_CASE("DATA refused by the policy leaves the transaction open") {
  ServerRun run;
  run.on_data = make_reply(452, "4.3.1", "full");
  run.start();
  run.take();
  run.say("DATA\r\nNOOP\r\n");
  CHECK(run.take() == "452 4.3.1 full\r\n250 2.0.0 Ok\r\n");
  run.on_data = make_reply(354, "", "");
  run.say("DATA\r\nx\r\n.\r\n");
  CHECK(run.messages.size() == 1);
}

TEST_CASE("RFC 3030 BDAT, whole and byte by byte") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{65536}}) {
    ServerRun run;
    run.start();
    run.take();
    run.feed("BDAT 8\r\na\r\n.\r\nb\nBDAT 0\r\nBDAT 3 LAST\r\n.c\nRSET\r\n", step);
    CHECK(run.take() ==
          "250 2.0.0 Chunk received\r\n250 2.0.0 Chunk received\r\n"
          "250 2.0.0 taken\r\n250 2.0.0 Forgotten\r\n");
    REQUIRE(run.messages.size() == 1);
    CHECK(run.messages[0] == "a\r\n.\r\nb\r\n.c\r\n");
  }
}

TEST_CASE("T-11 BDAT sizes, order and interleavings") {
  for (const std::string size :
       {"9223372036854775807", "999999999999999999", "18446744073709551616", "-1", "x", ""}) {
    ServerRun run;
    run.start();
    const std::size_t before = run.machine.held();
    run.feed("BDAT " + size + " LAST\r\nMAIL FROM:<evil@x>\r\n");
    CHECK(run.closed);
    CHECK(run.machine.held() <= before + 4096);
    CHECK(run.mails.size() == 1);
  }
  ServerRun mixed;
  mixed.start();
  mixed.feed("BDAT 2\r\nxy");
  mixed.take();
  mixed.say("DATA\r\n");
  CHECK(mixed.take().starts_with("503 "));
  mixed.say("STARTTLS\r\n");
  CHECK(mixed.take().starts_with("503 "));
  mixed.say("RCPT TO:<x@x>\r\n");
  CHECK(mixed.take().starts_with("503 "));
  mixed.say("RSET\r\n");
  CHECK(mixed.aborts == 1);
  mixed.start();
  mixed.take();
  mixed.feed("BDAT 3 LAST\r\nabc");
  CHECK(mixed.take() == "250 2.0.0 taken\r\n");

  ServerRun refused;
  refused.on_data = make_reply(452, "4.3.1", "full");
  refused.start();
  refused.take();
  refused.feed("BDAT 4\r\nQUITBDAT 4 LAST\r\nQUITRSET\r\n");
  CHECK(refused.take() ==
        "452 4.3.1 full\r\n503 5.5.1 Bad sequence of commands\r\n250 2.0.0 Forgotten\r\n");
  CHECK_FALSE(refused.quit);

  ServerRun short_chunk;
  short_chunk.start();
  short_chunk.feed("BDAT 10 LAST\r\nabc");
  short_chunk.machine.ended();
  short_chunk.turn();
  CHECK(short_chunk.messages.empty());
  CHECK(short_chunk.aborts == 1);
}

TEST_CASE("RFC 2033 LMTP answers once per accepted recipient") {
  ServerOptions options = ServerRun::standard();
  options.lmtp = true;
  ServerRun run(options);
  run.end_replies = {make_reply(250, "2.0.0", "one"), make_reply(452, "4.2.2", "two")};
  run.say(
      "LHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@x>\r\nRCPT TO:<no@x>\r\nRCPT TO:<c@x>\r\nDATA\r\n");
  run.take();
  run.feed("x\r\n.\r\n");
  CHECK(run.take() == "250 2.0.0 one\r\n452 4.2.2 two\r\n");
  run.say("MAIL FROM:<a@x>\r\nRCPT TO:<no@x>\r\nDATA\r\n");
  CHECK(run.take().ends_with("503 5.5.1 No valid recipients\r\n"));
  run.say("RCPT TO:<b@x>\r\nRCPT TO:<d@x>\r\nDATA\r\n");
  run.take();
  run.feed("a\n.\nb\r\n.\r\n");
  CHECK(count(run.take(), "554 5.6.0") == 2);
}

TEST_CASE("RFC 4954 AUTH with every mechanism, refusals, and its place in the session") {
  ServerRun plain(with_auth());
  plain.say("EHLO c\r\n");
  plain.take();
  plain.say("AUTH PLAIN " + base64_encode(std::string_view("\0tim\0pencil", 11)) + "\r\n");
  CHECK(plain.take() == "235 2.7.0 welcome\r\n");
  CHECK(plain.user == "tim");
  plain.say("AUTH PLAIN\r\n");
  CHECK(plain.take().starts_with("503 "));

  ServerRun login(with_auth());
  login.say("EHLO c\r\n");
  login.take();
  login.say("AUTH LOGIN\r\n" + base64_encode("tim") + "\r\n" + base64_encode("pencil") + "\r\n");
  CHECK(login.take() == "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 welcome\r\n");

  ServerRun wrong(with_auth());
  wrong.say("EHLO c\r\n");
  wrong.take();
  wrong.say("AUTH PLAIN " + base64_encode(std::string_view("\0tim\0wrong", 10)) + "\r\n");
  CHECK(wrong.take() == "535 5.7.8 Authentication failed\r\n");
  wrong.say("AUTH PLAIN\r\n*\r\nAUTH PLAIN ???\r\nAUTH FOO\r\n");
  CHECK(wrong.take() ==
        "334 \r\n501 5.7.0 Authentication cancelled\r\n501 5.5.2 Cannot decode the response\r\n"
        "504 5.5.4 Unknown mechanism\r\n");
  wrong.say("AUTH PLAIN " + std::string(13000, 'A') + "\r\n");
  CHECK(wrong.closed);
  CHECK(wrong.out.starts_with("500 5.5.2 Line too long\r\n421 "));

  ServerOptions must = with_auth();
  must.require_auth = true;
  ServerRun submission(must);
  submission.say("EHLO c\r\n");
  submission.take();
  submission.say("MAIL FROM:<a@x>\r\n");
  CHECK(submission.take().starts_with("530 5.7.0"));
}

TEST_CASE("shutdown says 421 between transactions and lets one past the dot finish") {
  ServerRun idle;
  idle.say("EHLO c\r\n");
  idle.take();
  idle.machine.stop();
  idle.turn();
  CHECK(idle.closed);
  CHECK(idle.take().starts_with("421 4.3.2"));
  ServerRun busy;
  busy.start();
  busy.say("DATA\r\n");
  busy.take();
  busy.machine.stop();
  busy.turn();
  CHECK_FALSE(busy.closed);
  busy.feed("x\r\n.\r\n");
  CHECK(busy.take().starts_with("250 2.0.0 taken\r\n421 4.3.2"));
  CHECK(busy.messages.size() == 1);
}

TEST_CASE("a refusal at connect ends the session; the policy's 421 does so anywhere") {
  ServerRun refused(ServerRun::standard(), make_reply(554, "5.7.1", "not you"));
  CHECK(refused.closed);
  CHECK(refused.out == "554 5.7.1 not you\r\n");
}

TEST_CASE("T-15 hostile bytes never make the machine hold more than 16 KiB before content") {
  std::mt19937 random(3);
  const std::string words[] = {"EHLO c\r\n",
                               "MAIL FROM:<a@x>\r\n",
                               "RCPT TO:<b@x>\r\n",
                               "RSET\r\n",
                               "AUTH PLAIN ",
                               "AUTH LOGIN\r\n",
                               "AAAA",
                               "\r\n",
                               "\n",
                               "NOOP ",
                               "BDAT 5\r\n",
                               "\xff\xfe"};
  for (int round = 0; round < 300; ++round) {
    ServerOptions options = with_auth();
    options.max_errors = 1000;
    ServerRun run(options);
    for (int i = 0; i < 60 && !run.closed; ++i) {
      std::string bytes = words[random() % std::size(words)];
      if (random() % 4 == 0) bytes += std::string(random() % 9000, 'A');
      run.feed(bytes, 1 + random() % 3000);
    }
    REQUIRE(run.most_held <= 16 * 1024);
  }
}

TEST_CASE("T-25 a reply of the policy stays one reply on the wire") {
  CHECK(to_wire(make_reply(250, "2.0.0", "a\r\n220 evil\n")) == "250 2.0.0 a  220 evil \r\n");
  Reply many{550, "", std::vector<std::string>(100, "x")};
  CHECK(count(to_wire(many), "\r\n") == 64);
}
