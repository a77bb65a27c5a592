#include <catch2/catch.hpp>

#include "lib/mail/address.hpp"
#include "lib/mail/address_list.hpp"

using namespace tandem::mail;

TEST_CASE("address: RFC 5321 mailboxes") {
  const auto plain = parse_address("Taro.Yamada+x@Example.JP");
  REQUIRE(plain);
  CHECK(*plain == Address{"Taro.Yamada+x", "Example.JP"});
  CHECK(to_string(*plain) == "Taro.Yamada+x@Example.JP");
  CHECK(lookup_key(*plain) == "taro.yamada+x@example.jp");
  const auto quoted = parse_address("\"a b\\\"@c\"@example.jp");
  REQUIRE(quoted);
  CHECK(quoted->local == "a b\"@c");
  CHECK(to_string(*quoted) == "\"a b\\\"@c\"@example.jp");
  CHECK(lookup_key(*parse_address("\"taro\"@x.jp")) == lookup_key(*parse_address("Taro@X.jp")));
  CHECK(parse_address("a@[192.0.2.1]"));
  CHECK(parse_address("a@[IPv6:2001:db8::1]"));
  CHECK(parse_address("a@localhost"));
  CHECK(parse_address("foo..bar.@docomo.ne.jp"));
  CHECK_FALSE(parse_address("foo..bar.@docomo.ne.jp", {.strict_dots = true}));
}

TEST_CASE("address: UTF-8") {
  const auto address = parse_address("山田@日本語.jp");
  REQUIRE(address);
  CHECK(lookup_key(*address) == "山田@xn--wgv71a119e.jp");
  CHECK(canonical_domain("XN--WGV71A119E.jp") == "xn--wgv71a119e.jp");
  CHECK_FALSE(parse_address("山田@日本語.jp", {.utf8 = false}));
  CHECK_FALSE(parse_address("a\xFF@x.jp"));
}

TEST_CASE("address: what is none") {
  for (const std::string text : {"",
                                 "a",
                                 "@",
                                 "a@",
                                 "@b",
                                 "a b@c",
                                 "a@b c",
                                 "a@b..c",
                                 "a@.b",
                                 "a@b.",
                                 "a@-b",
                                 "a@b-",
                                 "<a@b>",
                                 "a@[",
                                 "a@[]",
                                 "a@[999.1.1.1]",
                                 "a@[IPv6:zz]",
                                 "a@b\r\nRCPT",
                                 "\"a@b",
                                 "\"a\"b@c",
                                 "a@b@c",
                                 "\"a\\",
                                 "\"a\n\"@b",
                                 ".@b",
                                 "a@[IPv6:::1",
                                 "a,b@c",
                                 "a@b>c"})
    CHECK_FALSE(parse_address(text));
  CHECK_FALSE(parse_address(std::string("a\0b@c", 5)));
  CHECK_FALSE(parse_address(std::string(256, 'a') + "@b"));
  CHECK_FALSE(parse_address("a@" + std::string(64, 'b')));
}

namespace {

// One line per entry: name|route|mailbox|host, '-' for what is absent.
std::string listed(std::string_view text) {
  std::string out;
  for (const auto& entry : parse_address_list(text)) {
    if (!out.empty()) out += "; ";
    out += entry.name.value_or("-") + "|" + entry.route.value_or("-") + "|" +
           entry.mailbox.value_or("-") + "|" + entry.host.value_or("-");
  }
  return out;
}

}  // namespace

TEST_CASE("address list: RFC 5322") {
  CHECK(listed("a@b.jp") == "-|-|a|b.jp");
  CHECK(listed(" Taro  Yamada <t.y@b.jp>,\r\n c@d") == "Taro Yamada|-|t.y|b.jp; -|-|c|d");
  CHECK(listed("\"Yamada, \\\"T\\\"\" <a@b>") == "Yamada, \"T\"|-|a|b");
  CHECK(listed("=?utf-8?B?5bGx?= <a@b>") == "=?utf-8?B?5bGx?=|-|a|b");
  CHECK(listed("a@b (Taro (x) Yamada)") == "Taro (x) Yamada|-|a|b");
  CHECK(listed("(c) a (d) . (e) b @ c (f) . d (g)") == "c|-|a.b|c.d");
  CHECK(listed("<@x,@y:a@b>") == "-|@x,@y|a|b");
  CHECK(listed("\"a b\"@c") == "-|-|a b|c");
  CHECK(listed("a@[192.0.2.1]") == "-|-|a|[192.0.2.1]");
  CHECK(listed("Friends: a@b, T <c@d>; e@f") ==
        "-|-|Friends|-; -|-|a|b; T|-|c|d; -|-|-|-; -|-|e|f");
  CHECK(listed("undisclosed-recipients:;") == "-|-|undisclosed-recipients|-; -|-|-|-");
}

TEST_CASE("address list: what people send") {
  CHECK(listed("").empty());
  CHECK(listed(" ,, , ").empty());
  CHECK(listed("root") == "-|-|root|");
  CHECK(listed("<>") == "-|-||");
  CHECK(listed("John Q. Public <a@b>") == "John Q. Public|-|a|b");
  CHECK(listed("a@b.jp <a@b.jp>") == "a@b.jp|-|a|b.jp");
  CHECK(listed("x <foo..bar.@docomo.ne.jp>") == "x|-|foo..bar.|docomo.ne.jp");
  CHECK(listed("x <a@b") == "x|-|a|b");
  CHECK(listed("x <a@b, c@d") == "x|-|a|b; -|-|c|d");
  CHECK(listed("x <a b@c>") == "x|-|ab|c");
  CHECK(listed("group: a@b") == "-|-|group|-; -|-|a|b; -|-|-|-");
  CHECK(listed("\xE5\xB1\xB1 <a@b>") == "\xE5\xB1\xB1|-|a|b");
  CHECK(listed("a@b; c@d") == "-|-|a|b; -|-|c|d");
  CHECK(listed("<a@b> trailing, c@d") == "-|-|a|b; -|-|c|d");
  CHECK(listed("\"open") == "-|-|open|");
  CHECK(listed(">>> a@b") == "-|-|a|b");
  CHECK(parse_address_list(std::string(100'000, ',')).empty());
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "a@b,";
  CHECK(parse_address_list(many).size() == max_listed_addresses);
  CHECK(parse_address_list(many, 3).size() == 3);
}
