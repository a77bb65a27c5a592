// Rights on mailboxes (RFC 4314) and whose a mailbox is (NAMESPACE), as servers say them.
#include <catch2/catch.hpp>

#include "lib/protocol/imap/namespaces.hpp"
#include "lib/protocol/imap/parse_response.hpp"

using namespace tandem::imap;
using namespace tandem;

namespace {

template <class T>
T parsed(std::string_view text) {
  auto response = parse_response(text);
  INFO(text);
  if (!response) FAIL(response.error().to_string());
  REQUIRE(std::holds_alternative<T>(*response));
  return std::move(std::get<T>(*response));
}

// "bob=lr;-eve=w;"
std::string entries(std::string_view text) {
  std::string told;
  for (const auto& [identifier, rights] : parsed<response::Acl>(text).entries)
    told += identifier + "=" + rights + ";";
  return told;
}

response::Namespace namespaces(std::string_view text) {
  return parsed<response::Namespace>("* NAMESPACE " + std::string(text));
}

}  // namespace

TEST_CASE("imap: ACL names who may do what, however the names are written") {
  const auto acl = parsed<response::Acl>("* ACL \"&kAFP4W4IMH8-\" hanako lrswipkxtecda bob lr");
  CHECK(acl.name == "送信済み");
  CHECK(acl.wire_name == "&kAFP4W4IMH8-");
  CHECK(acl.more == 0);
  CHECK(entries("* ACL Sales hanako@example.jp lrswipkxtecda anyone p") ==
        "hanako@example.jp=lrswipkxtecda;anyone=p;");
  CHECK(entries("* ACL Sales \"Bob \\\"B\\\" Smith\" \"lr\"") == "Bob \"B\" Smith=lr;");
  CHECK(entries("* ACL Sales {7}\r\nb b(b)b lr $team \"\"") == "b b(b)b=lr;$team=;");
  CHECK(entries("* ACL {5}\r\nSales {3}\r\nbob {2}\r\nlr") == "bob=lr;");
  CHECK(entries("* ACL Sales -bob w #anyone l !$staff r") == "-bob=w;#anyone=l;!$staff=r;");
  CHECK(entries("* acl Sales  bob  lr ") == "bob=lr;");
  CHECK(entries("* ACL Sales").empty());
  CHECK(entries("* ACL Sales 佐藤 lr") == "佐藤=lr;");
  for (const auto* odd : {"* ACL", "* ACL Sales bob", "* ACL Sales bob lr )",
                          "* ACL Sales (bob lr)", "* ACL Sales \"bob", "* ACL Sales {9}\r\nbob lr"})
    parsed<response::Unknown>(odd);
}

TEST_CASE("imap: MYRIGHTS says what we may do ourselves") {
  const auto mine = parsed<response::MyRights>("* MYRIGHTS \"a b\" lrswipkxtea");
  CHECK(mine.name == "a b");
  CHECK(mine.rights == "lrswipkxtea");
  CHECK(parsed<response::MyRights>("* MYRIGHTS INBOX \"\"").rights.empty());
  parsed<response::Unknown>("* MYRIGHTS INBOX");
}

TEST_CASE("imap: of an ACL without end a bounded part is kept, and the rest counted [T-20]",
          "[T-20]") {
  std::string many = "* ACL Sales";
  for (int number = 0; number < 700; ++number) many += " user" + std::to_string(number) + " lr";
  const auto acl = parsed<response::Acl>(many);
  CHECK(acl.entries.size() == 500);
  CHECK(acl.more == 200);
  const auto odd = parsed<response::Acl>("* ACL Sales " + std::string(5000, 'x') + " lr bob " +
                                         std::string(5000, 'r') + " eve lr");
  REQUIRE(odd.entries.size() == 1);
  CHECK(odd.entries[0].identifier == "eve");
  CHECK(odd.more == 2);
}

TEST_CASE("imap: whose a mailbox is, by the longest prefix of NAMESPACE") {
  const auto dovecot = namespaces(R"((("" "/")) (("shared/" "/")) (("Public/" "/")))");
  CHECK(is_of_others("shared/bob", dovecot));
  CHECK(is_of_others("Public", dovecot));
  CHECK(is_of_others("Public/News", dovecot));
  CHECK_FALSE(is_of_others("Publicity", dovecot));
  CHECK_FALSE(is_of_others("INBOX", dovecot));
  const auto cyrus = namespaces(R"((("INBOX." ".")) (("user." ".")) (("" ".")))");
  CHECK_FALSE(is_of_others("INBOX", cyrus));
  CHECK_FALSE(is_of_others("Inbox", cyrus));
  CHECK_FALSE(is_of_others("INBOX.Sales", cyrus));
  CHECK(is_of_others("user.bob.Sales", cyrus));
  CHECK(is_of_others("Sales", cyrus));
  const auto below = namespaces(R"((("INBOX." ".")) NIL (("INBOX.shared." ".")))");
  CHECK(is_of_others("INBOX.shared.News", below));
  CHECK_FALSE(is_of_others("INBOX.News", below));
  CHECK_FALSE(is_of_others("Sales", namespaces(R"(NIL NIL (("" ".")))")));
  CHECK_FALSE(is_of_others("Sales", {}));
}
