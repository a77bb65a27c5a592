// The list of accounts in the forms Excel and people make it.
#include <algorithm>

#include <catch2/catch.hpp>

#include "config/accounts_csv.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

bool mentions(const AccountsCsv& csv, unsigned row, std::string_view column,
              std::string_view text) {
  return std::ranges::any_of(csv.problems, [&](const Problem& problem) {
    return problem.line == row && problem.column == column &&
           problem.to_string().find(text) != std::string::npos && !problem.cure.empty();
  });
}

AccountsCsv parse(std::string_view bytes) {
  return parse_accounts(bytes, "a.csv");
}

// メールアドレス,旧パスワード,備考 / taro@example.jp,pass①,営業部 in CP932.
const std::string cp932 =
    "\x83\x81\x81\x5B\x83\x8B\x83\x41\x83\x68\x83\x8C\x83\x58,"
    "\x8B\x8C\x83\x70\x83\x58\x83\x8F\x81\x5B\x83\x68,\x94\xF5\x8D\x6C\r\n"
    "taro@example.jp,pass\x87\x40,\x89\x63\x8B\xC6\x95\x94\r\n";

std::string utf16le(std::u16string_view text) {
  std::string out = "\xFF\xFE";
  for (const char16_t unit : text) {
    out += char(unit & 0xFF);
    out += char(unit >> 8);
  }
  return out;
}

}  // namespace

TEST_CASE("a plain list becomes rows") {
  const auto csv = parse(
      "address,old_login,old_password,new_login,new_password,note\n"
      "taro@Example.JP,kir.taro,p1,taro,p2,sales\n"
      "hanako@example.jp,,p3,,,\n");
  REQUIRE(csv.problems.empty());
  REQUIRE(csv.rows.size() == 2);
  const auto& row = csv.rows[0];
  CHECK(row.address == "taro@example.jp");
  CHECK(row.old_login == "kir.taro");
  CHECK(row.old_password.reveal() == "p1");
  CHECK(row.new_login == "taro");
  CHECK(row.new_password.reveal() == "p2");
  CHECK(row.note == "sales");
  CHECK(row.row == 2);
  CHECK(csv.rows[1].old_login.empty());
  CHECK(csv.rows[1].new_password.empty());
  CHECK(csv.encoding == "UTF-8");
  CHECK(csv.separator == ',');
}

TEST_CASE("separators, line ends and byte order marks do not matter") {
  for (const std::string separator : {",", "\t", ";"})
    for (const std::string end : {"\n", "\r\n", "\r"})
      for (const std::string mark : {"", "\xEF\xBB\xBF"})
        for (const std::string& last : {std::string{}, end}) {
          const auto csv =
              parse(mark + "note" + separator + "Address" + end + "\"a" + separator + "b\"" +
                    separator + "t@x.jp" + end + end + "n" + separator + "u@x.jp" + last);
          CAPTURE(separator, end, mark.size());
          REQUIRE(csv.problems.empty());
          REQUIRE(csv.rows.size() == 2);
          CHECK(csv.rows[0].note == "a" + separator + "b");
          CHECK(csv.rows[1].address == "u@x.jp");
          CHECK(csv.rows[1].row == 4);
          CHECK(csv.separator == separator[0]);
        }
}

TEST_CASE("Japanese headers and CP932 are understood") {
  const auto csv = parse(cp932);
  REQUIRE(csv.problems.empty());
  CHECK(csv.encoding == "CP932");
  CHECK(csv.header == std::vector<std::string>{"メールアドレス", "旧パスワード", "備考"});
  REQUIRE(csv.rows.size() == 1);
  CHECK(csv.rows[0].old_password.reveal() == "pass①");
  CHECK(csv.rows[0].note == "営業部");

  const auto utf8 = parse(
      "メールアドレス,旧ログイン,旧パスワード,新ログイン,新パスワード,備考\nt@x.jp,a,b,c,d,e\n");
  REQUIRE(utf8.rows.size() == 1);
  CHECK(utf8.rows[0].old_login + utf8.rows[0].new_login + utf8.rows[0].note == "ace");

  const auto wide = parse(utf16le(u"メールアドレス\t備考\r\nt@x.jp\t営業\r\n"));
  REQUIRE(wide.rows.size() == 1);
  CHECK(wide.encoding == "UTF-16LE");
  CHECK(wide.rows[0].note == "営業");
}

TEST_CASE("quotes hold separators, quotes and line ends") {
  const auto csv = parse(
      "address,old_password,note\n"
      "a@x.jp,\"p\"\"1,\",\"two\r\nlines\"\n"
      "b@x.jp,\" s \",x\n");
  REQUIRE(csv.rows.size() == 2);
  CHECK(csv.rows[0].old_password.reveal() == "p\"1,");
  CHECK(csv.rows[0].note == "two\r\nlines");
  CHECK(csv.rows[1].row == 3);
  CHECK(csv.rows[1].old_password.reveal() == " s ");
  CHECK(mentions(csv, 3, "old_password", "blank"));
  CHECK(csv.ok());
}

TEST_CASE("all faults of a list are named in one pass, with row, column and cure") {
  const std::vector<std::string> domains = {"x.jp"};
  const auto csv = parse_accounts(
      "Address,old_password,new_login,部署\n"  // 1: a column we leave out
      "a@x.jp,p,,\n"                           // 2
      ",p,,\n"                                 // 3
      "nonsense,p,,\n"                         // 4
      "A@X.jp,p,,\n"                           // 5: duplicate of 2
      "b@other.jp,p,,\n"                       // 6
      "c@x.jp,\"p\" x,,\n"                     // 7
      "d@x.jp,p,\"l\n1\",\n"                   // 8: line end in a log-in
      "e@x.jp,p,q,r,s\n"                       // 9: too many fields
      "f@x.jp,p,,\n",                          // 10
      "a.csv", domains);
  CHECK(mentions(csv, 1, "部署", "warning"));
  CHECK(mentions(csv, 3, "Address", "missing"));
  CHECK(mentions(csv, 4, "Address", "\"nonsense\" is not a mail address"));
  CHECK(mentions(csv, 5, "Address", "already in row 2"));
  CHECK(mentions(csv, 6, "Address", "not a domain of this migration"));
  CHECK(mentions(csv, 7, "", "quotation mark"));
  CHECK(mentions(csv, 8, "new_login", "line end"));
  CHECK(mentions(csv, 9, "", "5 fields"));
  CHECK(csv.problems.size() == 8);
  REQUIRE(csv.rows.size() == 2);
  CHECK(csv.rows[1].address == "f@x.jp");
  CHECK_FALSE(csv.ok());
}

TEST_CASE("a header that cannot be right is refused") {
  CHECK(mentions(parse(""), 0, "", "empty"));
  CHECK(mentions(parse("\n , \n"), 0, "", "empty"));
  CHECK(mentions(parse("address\n"), 1, "", "no account below"));
  CHECK(mentions(parse("address,adress\na@x.jp,\n"), 1, "adress", "Did you mean address?"));
  CHECK(mentions(parse("address,old_pasword\na@x.jp,p\n"), 1, "old_pasword", "old_password?"));
  // Close to "note" by letters, but a word of its own.
  CHECK(mentions(parse("address,name\na@x.jp,\n"), 1, "name", "left out"));
  CHECK(parse("Address,Old Login,OLD-PASSWORD\na@x.jp,b,c\n").problems.empty());
  CHECK(mentions(parse("address,メールアドレス\na@x.jp,\n"), 1, "メールアドレス", "second column"));
}

TEST_CASE("a list without header does not show its passwords [T-27]") {
  const auto csv = parse("a@x.jp,canary\nb@x.jp,canary\n");
  CHECK(mentions(csv, 1, "", "no column \"address\""));
  CHECK(csv.problems.size() == 1);
  CHECK(csv.header.empty());
  CHECK(csv.rows.empty());
}

TEST_CASE("passwords are in neither preview nor problems [T-27]") {
  const auto csv = parse(
      "address,old_password,new_password,pw2\n"
      "a@x.jp,canary1,,canary3\n"
      "bad,canary\x01,canary2,\n"
      "c@x.jp,\"canary,x\n");
  REQUIRE(csv.preview.size() == 3);
  CHECK(csv.preview[0] == std::vector<std::string>{"a@x.jp", "••••", "", "••••"});
  for (const auto& row : csv.preview)
    for (const auto& cell : row) CHECK(cell.find("canary") == std::string::npos);
  for (const auto& problem : csv.problems)
    CHECK(problem.to_string().find("canary") == std::string::npos);
}

TEST_CASE("limits hold") {
  const CsvLimits limits{.bytes = 200, .rows = 2, .field = 10, .preview = 1};
  CHECK(parse_accounts(std::string(201, 'a'), "a", {}, limits).problems[0].what.find("larger") !=
        std::string::npos);
  const auto csv =
      parse_accounts("address,note\na@x.jp,12345678901\nb@x.jp,\nc@x.jp,\n", "a", {}, limits);
  CHECK(mentions(csv, 2, "note", "longer than 10 bytes"));
  CHECK(mentions(csv, 4, "", "more than 2 rows"));
  CHECK(csv.rows.size() == 1);
  CHECK(csv.preview.size() == 1);
}

TEST_CASE("what is no text is refused") {
  CHECK(mentions(parse(std::string_view("PK\x03\x04\0\0", 6)), 0, "", "CSV UTF-8"));
  CHECK(mentions(parse("address\n\xFF\xFF@x.jp\n"), 0, "", "CSV UTF-8"));
}

TEST_CASE("a list cut anywhere neither crashes nor invents an account") {
  for (std::size_t length = 0; length <= cp932.size(); ++length) {
    const auto csv = parse(cp932.substr(0, length));
    CHECK(csv.rows.size() <= 1);
    for (const auto& row : csv.rows)
      CHECK(std::string_view("taro@example.jp").starts_with(row.address));
  }
}

}  // namespace tandem::config
