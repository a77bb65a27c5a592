#include "lib/base/text.hpp"
#include "lib/mail/received.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "tests/server/account_office.hpp"

namespace tandem::server::test {
namespace {

using Kind = AccountOffice::Kind;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

std::string plain(std::string_view user, std::string_view password, std::string_view as = "") {
  std::string text(as);
  text.append(1, '\0').append(user).append(1, '\0').append(password);
  return "AUTH PLAIN " + base64_encode(text);
}

net::Task<std::string> hello(Talk& talk) {
  CHECK_THAT(co_await talk.reply(), StartsWith("220"));
  co_return co_await talk.smtp("EHLO laptop.example");
}

net::Task<void> submit(AccountOffice& office, std::size_t piece) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  const AccountId baba = co_await office.add("baba@example.jp", "two");
  CHECK(co_await office.book->add_alias("sales@example.org", "aoki@example.jp"));
  Talk talk = office.talk(Kind::submission, piece);
  const std::string offered = co_await hello(talk);
  CHECK_THAT(offered, Contains("AUTH SCRAM-SHA-256 PLAIN LOGIN\n"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<aoki@example.jp>"), StartsWith("530"));
  CHECK_THAT(co_await talk.smtp(plain("aoki@example.jp", "two")), StartsWith("535"));
  CHECK_THAT(co_await talk.smtp(plain("aoki@example.jp", "one", "baba@example.jp")),
             StartsWith("535"));
  CHECK_THAT(co_await talk.smtp(plain("Aoki@example.jp", "one", "aoki@example.jp")),
             StartsWith("235"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<baba@example.jp>"), StartsWith("553 5.7.1"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<x@elsewhere.example>"), StartsWith("553 5.7.1"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<sales@example.org>"), StartsWith("250"));
  const std::string remote = co_await talk.smtp("RCPT TO:<x@elsewhere.example>");
  CHECK_THAT(remote, StartsWith("550 5.7.1"));
  CHECK_THAT(remote, Contains("cannot send mail to other servers"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<chiba@example.jp>"), StartsWith("550 5.1.1"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<baba@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  co_await talk.send(
      "From: sales@example.org\r\nBcc: aoki@example.jp,\r\n\thidden@example.jp\r\n"
      "bcc: more@example.jp\r\nSubject: one\r\n\r\nBcc: body\r\n.\r\n");
  CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));

  REQUIRE(office.messages(baba).size() == 1);
  CHECK(office.messages(aoki) == office.messages(baba));
  const std::string text = office.messages(baba)[0];
  CHECK(text.ends_with("From: sales@example.org\r\nSubject: one\r\n\r\nBcc: body\r\n"));
  CHECK_THAT(text, !Contains("hidden"));
  CHECK_THAT(text, Contains(" with ESMTPA id "));
  const mail::HeaderView header(text);
  CHECK(mail::parse_date(header.text("Date")));
  const auto trace = mail::find_trace_id(header, {});
  REQUIRE(trace);
  CHECK(header.text("Message-ID") == "<" + *trace + "@mx.example.jp>");
}

// What a client wrote itself stays as it is; a receipt has no sender.
net::Task<void> complete_already(AccountOffice& office) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  Talk talk = office.talk(Kind::submission);
  co_await hello(talk);
  CHECK_THAT(co_await talk.smtp(plain("aoki@example.jp", "one")), StartsWith("235"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("RCPT TO:<aoki@example.jp>"), StartsWith("250"));
  CHECK_THAT(co_await talk.smtp("DATA"), StartsWith("354"));
  const std::string text =
      "message-id: <mine@example.jp>\r\nDATE: Tue, 24 Nov 2026 09:00:00 +0900\r\n\r\nHello\r\n";
  co_await talk.send(text + ".\r\n");
  CHECK_THAT(co_await talk.reply(), StartsWith("250"));
  const auto messages = office.messages(aoki);
  REQUIRE(messages.size() == 1);
  CHECK(messages[0].ends_with(":00 +0000\r\n" + text));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
}

net::Task<bool> log_in_with(AccountOffice& office, std::string mechanism, std::string password) {
  const auto client =
      sasl::make_client(mechanism, {.user = "aoki@example.jp", .password = std::move(password)});
  Talk talk = office.talk(Kind::submission);
  co_await hello(talk);
  std::string command = "AUTH " + mechanism;
  if (const auto initial = client->initial()) command += " " + base64_encode(*initial);
  std::string answer = co_await talk.smtp(command);
  while (answer.starts_with("334 ")) {
    const auto step = client->step(base64_decode(answer.substr(4)).value());
    const std::string response = step ? base64_encode(*step) : "*";
    answer = co_await talk.smtp(response);
  }
  const std::string accepted = co_await talk.smtp("MAIL FROM:<aoki@example.jp>");
  CHECK(answer.starts_with("235") == accepted.starts_with("250"));
  if (!answer.starts_with("235")) CHECK_THAT(answer, StartsWith("535"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
  co_return answer.starts_with("235");
}

net::Task<void> every_mechanism(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one", true);
  for (const std::string mechanism : {"SCRAM-SHA-256", "PLAIN", "LOGIN", "CRAM-MD5"}) {
    CAPTURE(mechanism);
    CHECK(co_await log_in_with(office, mechanism, "one"));
    CHECK(!co_await log_in_with(office, mechanism, "two"));
  }
  // What is not kept cannot be used.
  CHECK(co_await office.book->set_password("aoki@example.jp", Secret("one")));
  CHECK(office.book->passwords_kept() == Accounts::Kept::nobody);
  CHECK(co_await log_in_with(office, "SCRAM-SHA-256", "one"));
}

net::Task<void> strangers(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one");
  Talk talk = office.talk(Kind::submission, 100, "192.0.2.7");
  CHECK_THAT(co_await hello(talk), !Contains("AUTH "));
  CHECK_THAT(co_await talk.smtp(plain("aoki@example.jp", "one")), StartsWith("538"));
  CHECK_THAT(co_await talk.smtp("MAIL FROM:<aoki@example.jp>"), StartsWith("530"));
  CHECK_THAT(co_await talk.smtp("STARTTLS"), StartsWith("220"));
  REQUIRE(co_await talk.start_tls(tandem::test::tls_client()));
  CHECK_THAT(co_await talk.smtp("EHLO laptop.example"), Contains("AUTH "));
  CHECK_THAT(co_await talk.smtp(plain("aoki@example.jp", "one")), StartsWith("235"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));
}

// Guesses by SCRAM are delayed like others; whoever knows the password, too, but gets in.
net::Task<void> guess(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one");
  for (int i = 0; i < 3; ++i) office.book->note_login("aoki@example.jp", "192.0.2.7", false);
  Talk talk = office.talk(Kind::submission, 100, "127.0.0.1");
  co_await hello(talk);
  CHECK_THAT(co_await talk.smtp(plain("aoki@example.jp", "one")), StartsWith("235"));
  CHECK_THAT(co_await talk.smtp("QUIT"), StartsWith("221"));

  for (int i = 0; i < 5; ++i) office.book->note_login("someone@example.jp", "127.0.0.2", false);
  Talk late = office.talk(Kind::submission, 100, "127.0.0.2");
  co_await hello(late);
  const auto client =
      sasl::make_client("SCRAM-SHA-256", {.user = "aoki@example.jp", .password = "one"});
  const std::string begin = base64_encode(client->initial().value());
  co_await late.send("AUTH SCRAM-SHA-256 " + begin + "\r\n");
  std::string challenge;
  const auto read = [](Talk& from, std::string& into) -> net::Task<void> {
    into = co_await from.reply();
  };
  office.net.group.spawn(read(late, challenge));
  co_await office.net.timers.pass(std::chrono::milliseconds(3900));
  CHECK(challenge.empty());
  co_await office.net.timers.pass(std::chrono::milliseconds(200));
  CHECK_THAT(challenge, StartsWith("334 "));
  late.stream().close();
}

}  // namespace

TEST_CASE("People send what they may, as they may", "[smtp][submission]") {
  const std::size_t piece = GENERATE(100'000, 1);
  AccountOffice office;
  office.run(submit(office, piece));
}
TEST_CASE("A complete message is submitted as it is", "[smtp][submission]") {
  AccountOffice office;
  office.run(complete_already(office));
}
TEST_CASE("Every mechanism that is offered logs in, and refuses", "[smtp][submission]") {
  AccountOffice office;
  office.run(every_mechanism(office));
}
TEST_CASE("No password before TLS in submission", "[smtp][submission][T-04]") {
  AccountOffice office;
  office.run(strangers(office));
}
TEST_CASE("Guessers wait whatever the mechanism", "[smtp][submission][T-31]") {
  AccountOffice office;
  office.run(guess(office));
}

}  // namespace tandem::server::test
