#include "lib/mail/received.hpp"
#include "tests/server/account_office.hpp"

namespace tandem::server::test {
namespace {

using Kind = AccountOffice::Kind;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

const std::string mail_text =
    "Return-Path: <forged@example.com>\r\nFrom: a@sender.example\r\nSubject: one\r\n\r\n"
    "Hello\r\n..dotted\r\n.\r\n";
const std::string stored_text =
    "From: a@sender.example\r\nSubject: one\r\n\r\nHello\r\n.dotted\r\n";

// Another server on this machine.
Talk neighbour(AccountOffice& office, Kind kind, std::size_t piece = 100'000) {
  return office.talk(kind, piece, "127.0.0.1");
}

net::Task<std::string> open_mail(Talk& talk, std::string hello = "EHLO client.example") {
  const std::string greeting = co_await talk.reply();
  CHECK_THAT(greeting, StartsWith("220 mx.example.jp"));
  const std::string offered = co_await talk.smtp(hello);
  CHECK_THAT(offered, StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example>"), StartsWith("250 2.1.0"));
  co_return offered;
}

net::Task<void> one_message(AccountOffice& office, std::size_t piece) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  const AccountId baba = co_await office.add("baba@example.jp", "one");
  CHECK(co_await office.book->add_alias("info@example.org", "aoki@example.jp"));
  Talk talk = neighbour(office, Kind::smtp, piece);
  const std::string offered = co_await open_mail(talk);
  for (const auto* word : {"SIZE 1048576", "PIPELINING", "8BITMIME", "CHUNKING", "SMTPUTF8",
                           "ENHANCEDSTATUSCODES", "LIMITS RCPTMAX=1000"})
    CHECK_THAT(offered, Contains(word));
  for (const auto* word : {"DSN", "AUTH", "REQUIRETLS"}) CHECK_THAT(offered, !Contains(word));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<AOKI@example.jp>"), StartsWith("250 2.1.5"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<info@example.org>"), StartsWith("250 2.1.5"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<baba+list@example.jp>"), StartsWith("250 2.1.5"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<chiba@example.jp>"), StartsWith("550 5.1.1"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<x@elsewhere.example>"), StartsWith("550 5.7.1"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  co_await talk.send(mail_text);
  const std::string end = co_await talk.reply();
  CHECK_THAT(end, StartsWith("250 2.0.0 Delivered as "));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));

  CHECK(office.messages(aoki).size() == 1);
  CHECK(office.messages(baba) == office.messages(aoki));
  CHECK(office.count("SELECT count(*) FROM mailbox_body") == 1);
  const std::string text = office.messages(aoki).at(0);
  CHECK_THAT(text, StartsWith("Return-Path: <a@sender.example>\r\nReceived: from client.example"));
  CHECK(text.ends_with("\r\n" + stored_text));
  const mail::HeaderView header(text);
  CHECK(header.count("Return-Path") == 1);
  const auto trace = mail::find_trace_id(header, {});
  REQUIRE(trace);
  CHECK_THAT(end, Contains(*trace));
  const auto received = mail::received_fields(header).at(0);
  CHECK(received.by == "mx.example.jp");
  CHECK(received.with == "ESMTP");
  CHECK(received.for_recipient.empty());
  CHECK(office.box(aoki, "INBOX").unseen == 1);
}

net::Task<void> handed_over(AccountOffice& office) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  Talk talk = office.talk(Kind::smtp);
  CHECK_THAT(co_await open_mail(talk), !Contains("STARTTLS"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  const std::string of_gateway =
      "Received: from client.example (unknown [192.0.2.1])\r\n by mx.example.jp with ESMTP id "
      "abcdefghijklmnopqrstuvwxyz;\r\n Tue, 24 Nov 2026 09:00:00 +0900\r\n";
  co_await talk.send(of_gateway + mail_text);
  CHECK_THAT(co_await talk.reply(), StartsWith("250 2.0.0"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
  CHECK(office.messages(aoki).at(0) ==
        "Return-Path: <a@sender.example>\r\n" + of_gateway + stored_text);
}

net::Task<void> chunks(AccountOffice& office) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  Talk talk = neighbour(office, Kind::smtp);
  co_await open_mail(talk);
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  // The header's end lies across two chunks.
  co_await talk.send("BDAT 12\r\nSubject: a\r\n");
  CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  co_await talk.send("BDAT 9 LAST\r\n\r\nHello\r\n");
  CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  const auto messages = office.messages(aoki);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].ends_with("\r\nSubject: a\r\n\r\nHello\r\n"));
  CHECK_THAT(messages[0], Contains("for <aoki@example.jp>"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
}

// A large body passes through in bounded memory; what has no header is kept as it is.
net::Task<void> shapes(AccountOffice& office) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  std::string large = "Subject: large\r\n\r\n";
  while (large.size() < 700'000) large += "All work and no play makes a dull mail server.\r\n";
  const std::vector<std::string> texts = {large, "\r\nno header\r\n", "only one line\r\n", "\r\n",
                                          "Subject: no body\r\n"};
  Talk talk = neighbour(office, Kind::smtp);
  CHECK_THAT(co_await talk.reply(), StartsWith("220"));
  CHECK_THAT(co_await talk.smtp("HELO client.example"), StartsWith("250"));
  for (const std::string& text : texts) {
    CHECK_THAT(co_await talk.smtp("MAIL FROM:<>"), StartsWith("250"));
    CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
    CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
    co_await talk.send(text + ".\r\n");
    CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  }
  const auto messages = office.messages(aoki);
  REQUIRE(messages.size() == texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    CHECK(messages[i].ends_with(texts[i]));
    CHECK_THAT(messages[i], StartsWith("Return-Path: <>\r\nReceived: "));
    CHECK_THAT(messages[i], Contains(" with SMTP id "));
  }
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
}

net::Task<void> refusals(AccountOffice& office) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  co_await office.add("baba@example.jp", "one");
  CHECK(co_await office.book->set_disabled("baba@example.jp", true));
  Talk talk = neighbour(office, Kind::smtp);
  co_await open_mail(talk);
  CHECK_THAT(co_await talk.smtp("RCPT TO:<baba@example.jp>"), StartsWith("550 5.2.1"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<postmaster>"), StartsWith("550 5.1.1"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  std::string circles;
  for (int i = 0; i < 31; ++i)
    circles += "Received: from a by b; Tue, 24 Nov 2026 09:00:00 +0900\r\n";
  co_await talk.send(circles + "\r\nHello\r\n.\r\n");
  CHECK_THAT(co_await talk.reply(), StartsWith("554 5.4.6"));
  // RSET forgets the transaction, and a message that ends with the connection is none.
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RSET"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("503"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example> SIZE=2000000"),
             StartsWith("552 5.3.4"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  co_await talk.send("Subject: half\r\n\r\nHel");
  talk.stream().close();
  CHECK(office.messages(aoki).empty());
  CHECK(office.count("SELECT count(*) FROM mailbox_body") == 0);
}

net::Task<void> quota(AccountOffice& office) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  CHECK(co_await office.book->set_quota("aoki@example.jp", 1000));
  Talk talk = neighbour(office, Kind::smtp);
  co_await open_mail(talk);
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  co_await talk.send("Subject: a\r\n\r\n" + std::string(900, 'x') + "\r\n.\r\n");
  CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  CHECK(office.box(aoki, "INBOX").bytes > 1000);
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("452 4.2.2"));
  CHECK(co_await office.book->set_quota("aoki@example.jp", 10'000));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RSET"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example> SIZE=9500"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("452 4.2.2"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
}

net::Task<void> lmtp(AccountOffice& office, std::size_t piece) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  const AccountId baba = co_await office.add("baba@example.jp", "one");
  Talk talk = neighbour(office, Kind::lmtp, piece);
  co_await open_mail(talk, "LHLO client.example");
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<nobody@example.jp>"), StartsWith("550 5.1.1"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<baba@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  co_await talk.send(mail_text);
  for (int i = 0; i < 2; ++i) CHECK_THAT(co_await talk.reply(), StartsWith("250 2.0.0"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
  CHECK(office.messages(aoki) == office.messages(baba));
  CHECK_THAT(office.messages(aoki).at(0), Contains(" with LMTP id "));
}

// Whatever the point at which the connection breaks, a message is whole or not there.
net::Task<void> broken_at(AccountOffice& office, std::size_t step, bool* finished) {
  const std::vector<std::string> lines = {"EHLO client.example", "MAIL FROM:<a@sender.example>",
                                          "RCPT TO:<aoki@example.jp>", "DATA",
                                          "Subject: one\r\n\r\nHello\r\n."};
  Talk talk = neighbour(office, Kind::smtp);
  CHECK_THAT(co_await talk.reply(), StartsWith("220"));
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i == step) {
      co_await talk.send(lines[i].substr(0, lines[i].size() / 2));
      talk.stream().close();
      co_return;
    }
    const auto reply = co_await talk.smtp(lines[i]);
    REQUIRE((reply.starts_with("250") || reply.starts_with("354")));
  }
  *finished = true;
  talk.stream().close();
}

net::Task<void> strangers(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one");
  Talk hasty = office.talk(Kind::smtp, 100, "192.0.2.7");
  CHECK_THAT(co_await hasty.smtp("EHLO hasty.example"), StartsWith("554"));
  CHECK((co_await hasty.line()).empty());

  Talk talk = office.talk(Kind::smtp, 100, "192.0.2.7");
  co_await office.net.timers.pass(std::chrono::seconds(2));
  CHECK_THAT(co_await open_mail(talk), Contains("STARTTLS"));
  CHECK_THAT(co_await talk.smtp("STARTTLS"), StartsWith("503"));
  CHECK_THAT(co_await talk.smtp("RSET"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("STARTTLS"), StartsWith("220"));
  REQUIRE(co_await talk.start_tls(tandem::test::tls_client()));
  CHECK_THAT(co_await talk.smtp("EHLO client.example"), !Contains("STARTTLS"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<a@sender.example>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  co_await talk.send(mail_text);
  CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  const auto aoki = office.book->lookup("aoki@example.jp").value().value();
  CHECK_THAT(office.messages(aoki).at(0), Contains("[192.0.2.7]"));
  CHECK_THAT(office.messages(aoki).at(0), Contains(" with ESMTPS id "));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
}

}  // namespace

TEST_CASE("A message from another server, for several people, is one blob", "[smtp][T-34]") {
  const std::size_t piece = GENERATE(100'000, 1);
  AccountOffice office;
  office.run(one_message(office, piece));
}
TEST_CASE("What the gateway of this process hands over keeps its trace id on top", "[smtp]") {
  AccountOffice office;
  office.run(handed_over(office));
}
TEST_CASE("Content in chunks", "[smtp]") {
  AccountOffice office;
  office.run(chunks(office));
}
TEST_CASE("Content of any shape and size is kept byte for byte", "[smtp]") {
  AccountOffice office;
  office.run(shapes(office));
}
TEST_CASE("What is refused leaves nothing", "[smtp]") {
  AccountOffice office;
  office.run(refusals(office));
}
TEST_CASE("A full mailbox is a temporary refusal", "[smtp]") {
  AccountOffice office;
  office.run(quota(office));
}
TEST_CASE("LMTP answers for each recipient", "[smtp]") {
  const std::size_t piece = GENERATE(100'000, 1);
  AccountOffice office;
  office.run(lmtp(office, piece));
}
TEST_CASE("A connection that breaks leaves a whole message or none", "[smtp]") {
  const std::size_t step = GENERATE(0, 1, 2, 3, 4, 5);
  AccountOffice office;
  AccountId aoki = 0;
  bool finished = false;
  const auto add = [](AccountOffice& to, AccountId& id) -> net::Task<void> {
    id = co_await to.add("aoki@example.jp", "one");
  };
  office.run(add(office, aoki));
  office.run(broken_at(office, step, &finished));
  CHECK(finished == (step == 5));
  CHECK(office.messages(aoki).size() == (finished ? 1 : 0));
}
TEST_CASE("Strangers wait for the greeting, and may use TLS", "[smtp][T-03][T-13]") {
  AccountOffice office;
  office.run(strangers(office));
}

}  // namespace tandem::server::test
