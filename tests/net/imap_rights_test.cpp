// Who has rights on mailboxes (RFC 4314) against scripts: whom we may ask about, refusals, and
// servers that tell more than they should.
#include <fmt/format.h>

#include "tests/net/imap_dialogue.hpp"

namespace tandem::test {
namespace {

using namespace net;

const ScriptStep greeting{"", "* OK [CAPABILITY IMAP4rev1 ACL] hi\r\n"};

// "Sales: hanako lrswa, bob lr; "
Task<Result<std::string>> asking(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  const std::vector<std::string> names{"INBOX", "Sales", "営業", "Closed"};
  OK_OR_RETURN(told, client.acls(names));
  std::string said;
  for (const auto& acl : *told) {
    said += acl.name + ":";
    for (const auto& [identifier, rights] : acl.entries)
      said += fmt::format(" {} {},", identifier, rights);
    said += acl.more > 0 ? fmt::format(" and {}; ", acl.more) : "; ";
  }
  co_return said + (client.is_open() ? "open" : "closed");
}

const std::string ask_mine =
    "A1 MYRIGHTS INBOX\r\nA2 MYRIGHTS Sales\r\nA3 MYRIGHTS &VbZpbQ-\r\nA4 MYRIGHTS Closed\r\n";

}  // namespace

TEST_CASE("imap client: rights are asked for where we may ask, all at once; a NO is no error") {
  check_dialogue(asking,
                 {greeting,
                  {ask_mine,
                   "* MYRIGHTS INBOX lrswipkxtea\r\nA1 OK\r\n* MYRIGHTS Sales lrsa\r\nA2 OK\r\n"
                   "* MYRIGHTS &VbZpbQ- lrs\r\nA3 OK\r\nA4 NO [NOPERM] not for you\r\n"},
                  {"A5 GETACL INBOX\r\nA6 GETACL Sales\r\n",
                   "A5 NO no\r\n* ACL Sales hanako lrsa {3}\r\nbob lr\r\nA6 OK\r\n"}},
                 "Sales: hanako lrsa, bob lr,; open");
}

TEST_CASE("imap client: a server that knows no rights after all") {
  check_dialogue(
      asking, {greeting, {ask_mine, "A1 BAD what?\r\nA2 BAD what?\r\nA3 BAD what?\r\nA4 BAD\r\n"}},
      "open");
}

TEST_CASE("imap client: rights that nobody asked about are not kept, nor more than fit [T-20]",
          "[T-20]") {
  std::string acls;
  for (int number = 0; number < 50; ++number)
    acls += fmt::format("* ACL other{} bob lr\r\n* ACL INBOX eve lr\r\n", number);
  std::string crowd = "* ACL Sales";
  for (int number = 0; number < 600; ++number) crowd += fmt::format(" u{} lr", number);
  std::string expected = "INBOX: eve lr,; Sales:";
  for (int number = 0; number < 500; ++number) expected += fmt::format(" u{} lr,", number);
  const std::vector<ScriptStep> script{
      greeting,
      {ask_mine,
       "* ACL INBOX mallory lr\r\n* MYRIGHTS other1 a\r\n* MYRIGHTS INBOX a\r\nA1 OK\r\n"
       "* MYRIGHTS Sales a\r\nA2 OK\r\nA3 OK\r\nA4 OK\r\n"},
      {"A5 GETACL INBOX\r\nA6 GETACL Sales\r\n",
       acls + "* MYRIGHTS Closed a\r\nA5 OK\r\n" + crowd + "\r\nA6 OK\r\n"}};
  const auto out = talk(asking, script, 65536, script.size());
  if (!out) FAIL(out.error().to_string());
  CHECK(*out == expected + " and 100; open");
}

Task<Result<std::string>> asking_of_many(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  std::vector<std::string> names;
  for (int number = 0; number < 50; ++number) names.push_back(fmt::format("f{}", number));
  OK_OR_RETURN(told, client.acls(names));
  std::size_t kept = 0;
  std::size_t more = 0;
  for (const auto& acl : *told) {
    kept += acl.entries.size();
    more += acl.more;
  }
  co_return fmt::format("{} {} {}", told->size(), kept, more);
}

TEST_CASE("imap client: of all mailboxes together, no more than ten thousand rights [T-20]",
          "[T-20]") {
  std::string crowd;
  for (int number = 0; number < 500; ++number) crowd += fmt::format(" u{} lr", number);
  ScriptStep mine;
  ScriptStep all;
  for (int number = 0; number < 50; ++number) {
    mine.expect += fmt::format("A{} MYRIGHTS f{}\r\n", number + 1, number);
    mine.say += fmt::format("* MYRIGHTS f{} a\r\nA{} OK\r\n", number, number + 1);
    all.expect += fmt::format("A{} GETACL f{}\r\n", number + 51, number);
    all.say += fmt::format("* ACL f{}{}\r\nA{} OK\r\n", number, crowd, number + 51);
  }
  const std::vector<ScriptStep> script{greeting, mine, all};
  const auto out = talk(asking_of_many, script, 65536, script.size());
  if (!out) FAIL(out.error().to_string());
  CHECK(*out == "50 10000 15000");
}

TEST_CASE("imap client: what speaks instead of a greeting is told, of mail nothing") {
  const auto hello = [](std::string line, std::string after) {
    std::vector<ScriptStep> script{{"", std::move(line)}};
    if (!after.empty()) script.push_back({ask_mine, std::move(after)});
    const std::size_t steps = script.size();
    const auto out = talk(asking, script, 65536, steps);
    REQUIRE_FALSE(out);
    CHECK(out.error().kind == ErrorKind::protocol);
    return out.error().server_words;
  };
  CHECK(hello("220 mail.example.jp ESMTP\r\n", "") == "220 mail.example.jp ESMTP");
  CHECK(hello(greeting.say, "Subject: geheim\r\n").empty());
  CHECK(hello(greeting.say, "* 1 FETCH (BODY[] {3}\r\nSubject: geheim)\r\n").empty());
}

}  // namespace tandem::test
