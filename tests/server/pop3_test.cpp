#include "lib/base/text.hpp"
#include "lib/protocol/pop3/login_machine.hpp"
#include "tests/server/account_office.hpp"

namespace tandem::server::test {
namespace {

using Kind = AccountOffice::Kind;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

constexpr imap::DateTime noon{1'795'521'600, 540};

net::Task<void> deliver(AccountOffice& office, AccountId account, std::string text) {
  auto draft = office.boxes->draft();
  REQUIRE(draft.append(text));
  std::vector<Mailboxes::Destination> to = {{account, "INBOX", {}}};
  const auto placed = co_await office.boxes->deliver(std::move(draft), std::move(to), noon);
  REQUIRE(placed);
}

net::Task<void> log_in(Talk& talk) {
  CHECK_THAT(co_await talk.line(), StartsWith("+OK mx.example.jp POP3 ready"));
  CHECK_THAT(co_await talk.pop3("USER aoki@example.jp"), StartsWith("+OK"));
  CHECK_THAT(co_await talk.pop3("PASS one"), StartsWith("+OK"));
}

net::Task<void> whole_session(AccountOffice& office, std::size_t piece) {
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  const std::string first = letter("first", ".dotted\r\nHello\r\n");
  for (const std::string& text : {first, letter("second"), letter("third")})
    co_await deliver(office, aoki, text);
  const Box inbox = office.box(aoki, "INBOX");

  Talk talk = office.talk(Kind::pop3, piece);
  CHECK_THAT(co_await talk.line(), !Contains("<"));
  const std::string offered = co_await talk.many("CAPA");
  for (const auto* word : {"USER", "SASL SCRAM-SHA-256 PLAIN LOGIN\r\n", "UIDL", "TOP", "UTF8",
                           "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING", "EXPIRE NEVER"})
    CHECK_THAT(offered, Contains(word));
  CHECK_THAT(co_await talk.pop3("USER aoki@example.jp"), StartsWith("+OK"));
  CHECK_THAT(co_await talk.pop3("PASS two"), StartsWith("-ERR"));
  CHECK_THAT(co_await talk.pop3("USER AOKI@example.jp"), StartsWith("+OK"));
  CHECK_THAT(co_await talk.pop3("PASS one"), StartsWith("+OK"));
  const auto total = std::to_string(inbox.bytes);
  CHECK(co_await talk.pop3("STAT") == "+OK 3 " + total);
  CHECK_THAT(co_await talk.many("LIST"),
             Contains("\r\n1 " + std::to_string(first.size()) + "\r\n"));
  const std::string validity = std::to_string(inbox.uid_validity);
  CHECK_THAT(co_await talk.many("UIDL"), Contains("\r\n1 " + validity + ".1\r\n2 " + validity +
                                                  ".2\r\n3 " + validity + ".3\r\n"));
  const std::string got = co_await talk.many("RETR 1");
  CHECK(got.substr(got.find("\r\n") + 2) == first);
  const std::string top = co_await talk.many("TOP 2 0");
  CHECK(top.ends_with("\r\n\r\n"));
  CHECK_THAT(top, Contains("Subject: second"));
  CHECK_THAT(top, !Contains("Hello"));
  CHECK_THAT(co_await talk.pop3("DELE 2"), StartsWith("+OK"));
  CHECK_THAT(co_await talk.pop3("RETR 2"), StartsWith("-ERR"));
  CHECK(office.box(aoki, "INBOX").messages == 3);
  CHECK_THAT(co_await talk.pop3("QUIT"), StartsWith("+OK"));

  CHECK(office.box(aoki, "INBOX").messages == 2);
  // Read to its end: seen. Looked at with TOP: not.
  CHECK(office.box(aoki, "INBOX").unseen == 1);
  Talk again = office.talk(Kind::pop3, piece);
  co_await log_in(again);
  CHECK(co_await again.many("UIDL") ==
        "+OK Ids\r\n1 " + validity + ".1\r\n2 " + validity + ".3\r\n");
  CHECK_THAT(co_await again.pop3("DELE 1"), StartsWith("+OK"));
  again.stream().close();  // without QUIT
  CHECK(office.box(aoki, "INBOX").messages == 2);
}

net::Task<void> one_at_a_time(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one");
  Talk first = office.talk(Kind::pop3);
  co_await log_in(first);
  Talk second = office.talk(Kind::pop3);
  CHECK_THAT(co_await second.line(), StartsWith("+OK"));
  CHECK_THAT(co_await second.pop3("USER aoki@example.jp"), StartsWith("+OK"));
  CHECK_THAT(co_await second.pop3("PASS one"), StartsWith("-ERR [IN-USE]"));
  CHECK_THAT(co_await first.pop3("QUIT"), StartsWith("+OK"));
  CHECK((co_await first.line()).empty());
  CHECK_THAT(co_await second.pop3("USER aoki@example.jp"), StartsWith("+OK"));
  CHECK_THAT(co_await second.pop3("PASS one"), StartsWith("+OK"));
  CHECK_THAT(co_await second.pop3("QUIT"), StartsWith("+OK"));
}

net::Task<void> apop(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one", true);
  co_await office.add("baba@example.jp", "one");
  std::string last;
  for (const std::string user : {"aoki@example.jp", "baba@example.jp"}) {
    Talk talk = office.talk(Kind::pop3);
    const std::string greeting = co_await talk.line();
    CHECK_THAT(co_await talk.many("CAPA"), !Contains("CRAM-MD5"));  // not everybody's
    REQUIRE(greeting.find('<') != std::string::npos);
    const std::string banner = greeting.substr(greeting.find('<'));
    CHECK(banner != last);
    last = banner;
    const std::string wrong = pop3::apop_digest(banner, "two");
    CHECK_THAT(co_await talk.pop3("APOP " + user + " " + wrong), StartsWith("-ERR"));
    const std::string right = pop3::apop_digest(banner, "one");
    const std::string answer = co_await talk.pop3("APOP " + user + " " + right);
    CHECK_THAT(answer, StartsWith(user == "aoki@example.jp" ? "+OK" : "-ERR"));
    talk.stream().close();
  }
}

net::Task<void> scram(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one");
  for (const std::string password : {"one", "two"}) {
    auto [client_end, server_end] = net::make_memory_pair(office.net.executor());
    ProtocolContext context{*office.book, *office.boxes, office.settings, Trust::in_process,
                            nullptr};
    office.net.group.spawn(office.serve(std::move(server_end), std::move(context), Kind::pop3));
    auto mechanism_client =
        sasl::make_client("SCRAM-SHA-256", {.user = "aoki@example.jp", .password = password});
    Talk talk(std::move(client_end), 100);
    CHECK_THAT(co_await talk.line(), StartsWith("+OK"));
    const std::string begin = base64_encode(mechanism_client->initial().value());
    const std::string challenge = co_await talk.pop3("AUTH SCRAM-SHA-256 " + begin);
    REQUIRE_THAT(challenge, StartsWith("+ "));
    const auto answer = mechanism_client->step(base64_decode(challenge.substr(2)).value());
    REQUIRE(answer);
    const std::string proof = co_await talk.pop3(base64_encode(*answer));
    if (password == "two") {
      CHECK_THAT(proof, StartsWith("-ERR"));
      talk.stream().close();
      continue;
    }
    REQUIRE_THAT(proof, StartsWith("+ "));
    CHECK(mechanism_client->step(base64_decode(proof.substr(2)).value()));
    CHECK_THAT(co_await talk.pop3(""), StartsWith("+OK"));
    CHECK(co_await talk.pop3("STAT") == "+OK 0 0");
    CHECK_THAT(co_await talk.pop3("QUIT"), StartsWith("+OK"));
  }
}

net::Task<void> strangers(AccountOffice& office) {
  co_await office.add("aoki@example.jp", "one");
  Talk talk = office.talk(Kind::pop3, 100, "192.0.2.7");
  CHECK_THAT(co_await talk.line(), StartsWith("+OK"));
  const std::string offered = co_await talk.many("CAPA");
  CHECK_THAT(offered, Contains("STLS"));
  CHECK_THAT(offered, !Contains("USER"));
  CHECK_THAT(offered, !Contains("SASL"));
  CHECK_THAT(co_await talk.pop3("USER aoki@example.jp"), StartsWith("-ERR"));
  CHECK_THAT(co_await talk.pop3("STLS"), StartsWith("+OK"));
  REQUIRE(co_await talk.start_tls(tandem::test::tls_client()));
  CHECK_THAT(co_await talk.pop3("USER aoki@example.jp"), StartsWith("+OK"));
  CHECK_THAT(co_await talk.pop3("PASS one"), StartsWith("+OK"));
  CHECK_THAT(co_await talk.pop3("QUIT"), StartsWith("+OK"));
}

// The session is cut at line n: nothing is removed unless QUIT was said.
net::Task<void> broken_at(AccountOffice& office, std::size_t step) {
  const std::vector<std::string> lines = {"USER aoki@example.jp", "PASS one", "RETR 1", "DELE 1",
                                          "QUIT"};
  Talk talk = office.talk(Kind::pop3);
  CHECK_THAT(co_await talk.line(), StartsWith("+OK"));
  for (std::size_t i = 0; i < step; ++i) {
    const std::string& line = lines[i];
    std::string answer;
    if (line == "RETR 1")
      answer = co_await talk.many(line);
    else
      answer = co_await talk.pop3(line);
    CHECK_THAT(answer, StartsWith("+OK"));
  }
  if (step < lines.size()) co_await talk.send(lines[step]);  // without its end
  talk.stream().close();
}

}  // namespace

TEST_CASE("A POP3 session reads, removes and keeps its ids", "[pop3]") {
  const std::size_t piece = GENERATE(100'000, 1);
  AccountOffice office;
  office.run(whole_session(office, piece));
}
TEST_CASE("A maildrop is one session's at a time", "[pop3]") {
  AccountOffice office;
  office.run(one_at_a_time(office));
}
TEST_CASE("APOP is for accounts whose password is kept", "[pop3]") {
  AccountOffice office;
  office.run(apop(office));
}
TEST_CASE("SCRAM over POP3", "[pop3]") {
  AccountOffice office;
  office.run(scram(office));
}
TEST_CASE("No password before STLS from another machine", "[pop3][T-04]") {
  AccountOffice office;
  office.run(strangers(office));
}
TEST_CASE("A POP3 session that breaks removes nothing", "[pop3]") {
  const std::size_t step = GENERATE(0, 1, 2, 3, 4, 5);
  AccountOffice office;
  AccountId aoki = 0;
  const auto add = [](AccountOffice& to, AccountId& id) -> net::Task<void> {
    id = co_await to.add("aoki@example.jp", "one");
    co_await deliver(to, id, letter("first"));
  };
  office.run(add(office, aoki));
  office.run(broken_at(office, step));
  CHECK(office.box(aoki, "INBOX").messages == (step == 5 ? 0 : 1));
}

}  // namespace tandem::server::test
