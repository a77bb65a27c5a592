// Words, sets, names and dates of IMAP.
#include <catch2/catch.hpp>

#include "lib/protocol/imap/date_time.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/fetch_request.hpp"
#include "lib/protocol/imap/mailbox_name.hpp"
#include "lib/protocol/imap/search_key.hpp"
#include "lib/protocol/imap/sequence_set.hpp"
#include "lib/protocol/imap/write.hpp"

using namespace tandem::imap;

TEST_CASE("imap: literal announcements at the end of a line") {
  const auto plain = literal_suffix("a LOGIN {5}");
  REQUIRE(plain);
  CHECK(plain->size == 5);
  CHECK(plain->synchronising);
  CHECK(plain->brace == 8);
  const auto plus = literal_suffix("~{12+}");
  REQUIRE(plus);
  CHECK(plus->binary);
  CHECK_FALSE(plus->synchronising);
  CHECK(plus->brace == 0);
  CHECK(literal_suffix("{99999999999999999999999}")->size == UINT64_MAX);
  for (const char* none : {"", "{}", "{+}", "5}", "{5", "{-5}", "{5}x", "{a}"})
    CHECK_FALSE(literal_suffix(none));
}

TEST_CASE("imap: strings in all forms") {
  Decoder in("atom] \"quoted \\\"x\\\\\" {3}\r\na\"b NIL {3+}\r\nxyz");
  std::string_view word;
  StringValue value;
  REQUIRE(in.try_astring(word));
  CHECK(word == "atom]");
  REQUIRE(in.expect_space());
  REQUIRE(in.try_astring(word));
  CHECK(word == "quoted \"x\\");
  REQUIRE(in.expect_space());
  REQUIRE(in.try_string(value));
  CHECK(value.bytes == "a\"b");
  CHECK(value.literal);
  REQUIRE(in.expect_space());
  REQUIRE(in.try_nstring(value));
  CHECK(value.nil);
  REQUIRE(in.expect_space());
  REQUIRE(in.try_nstring(value));
  CHECK(value.bytes == "xyz");
  CHECK(in.at_end());
}

TEST_CASE("imap: broken strings are noted") {
  StringValue value;
  for (const char* text : {"\"abc", "\"a\\", "\"a\nb\"", "{5}\r\nab", "{5", "{x}\r\n"}) {
    Decoder in(text);
    CHECK_FALSE(in.try_string(value));
    CHECK(in.failed());
  }
}

TEST_CASE("imap: values are skipped to a bounded depth") {
  std::string_view out;
  Decoder nested("(a (\"b)\" NIL) {2}\r\n() c) rest");
  REQUIRE(nested.skip_value(out));
  CHECK(nested.rest() == " rest");
  const std::string deep(1'000'000, '(');
  Decoder in(deep);
  CHECK_FALSE(in.skip_value(out));
  CHECK(in.failure() == "nested too deeply");
  Decoder open("(a (b)");
  CHECK_FALSE(open.skip_value(out));
}

TEST_CASE("imap: sequence sets") {
  const auto set = SequenceSet::parse("5,1:3,9:*,*");
  REQUIRE(set);
  CHECK(set->to_string() == "5,1:3,9:*,*");
  const SequenceSet resolved = set->resolve(10);
  CHECK(resolved.to_string() == "1:3,5,9:10");
  CHECK(resolved.count() == 6);
  CHECK(resolved.contains(2));
  CHECK_FALSE(resolved.contains(4));
  CHECK_FALSE(resolved.contains(11));
  CHECK(SequenceSet::parse("7:*")->resolve(3).to_string() == "3:7");
  CHECK(SequenceSet::parse("*")->resolve(0).empty());
  CHECK(SequenceSet::parse("4294967295")->contains(4294967295U));
  CHECK(SequenceSet::parse("$")->is_saved_result());
  for (const char* bad : {"", "0", "1:", ":1", "1,", ",1", "a", "4294967296", "1:2:3", "-1", "1 2"})
    CHECK_FALSE(SequenceSet::parse(bad));
}

TEST_CASE("imap: numbers added upwards become ranges, and long sets are cut") {
  SequenceSet set;
  for (std::uint32_t number = 1; number <= 1000; ++number) set.add(number);
  CHECK(set.to_string() == "1:1000");
  SequenceSet odd;
  for (std::uint32_t number = 1; number <= 2000; number += 2) odd.add(number);
  std::uint64_t sum = 0;
  for (const SequenceSet& part : odd.split(200)) {
    CHECK(part.to_string().size() <= 200);
    sum += part.count();
  }
  CHECK(sum == 1000);
}

TEST_CASE("imap: modified UTF-7, both ways") {
  const std::pair<const char*, const char*> names[] = {
      {"受信トレイ", "&U9dP4TDIMOwwpA-"},
      {"送信済みアイテム", "&kAFP4W4IMH8wojCkMMYw4A-"},
      {"送信済みトレイ", "&kAFP4W4IMH8wyDDsMKQ-"},
      {"送信済みメール", "&kAFP4W4IMH8w4TD8MOs-"},
      {"送信済み", "&kAFP4W4IMH8-"},
      {"送信トレイ", "&kAFP4TDIMOwwpA-"},
      {"下書き", "&Tgtm+DBN-"},
      {"削除済みアイテム", "&UkqWZG4IMH8wojCkMMYw4A-"},
      {"ごみ箱", "&MFQwf3ux-"},
      {"ゴミ箱", "&MLQw33ux-"},
      {"迷惑メール", "&j,dg0TDhMPww6w-"},
      {"すべてのメール", "&MFkweTBmMG4w4TD8MOs-"},
      {"スター付き", "&MLkwvzD8TtgwTQ-"},
      {"重要", "&kc2JgQ-"},
      {"アーカイブ", "&MKIw,DCrMKQw1g-"},
      {"営業部", "&VbZpbZDo-"},
      {"見積書/2024", "&iYt6TWb4-/2024"},
      {"R&D", "R&-D"},
      {"😀", "&2D3eAA-"},
      {"あ&い", "&MEI-&-&MEQ-"},
  };
  for (const auto& [name, wire] : names) {
    CHECK(encode_modified_utf7(name) == wire);
    CHECK(decode_modified_utf7(wire) == std::string(name));
  }
}

TEST_CASE("imap: modified UTF-7 has one spelling per name") {
  // Open run, bad byte, padding bits, lone surrogates, ASCII in a run, two runs, controls, 8-bit.
  for (const char* bad : {"&MEI", "&ME!-", "&MEK-", "&2D0-", "&3gA-", "&AGE-", "&MEI-&MEQ-",
                          "&AAo-", "\xe3\x81\x82", "a\nb", "&M-", "&MEIA-"})
    CHECK_FALSE(decode_modified_utf7(bad));
  CHECK(mailbox_from_wire("inBox", false) == std::string("INBOX"));
  CHECK(mailbox_from_wire("あ", false) == std::string("あ"));
  CHECK(mailbox_from_wire("R&D", true) == std::string("R&D"));
  CHECK_FALSE(mailbox_from_wire("R&D", false));
  CHECK_FALSE(mailbox_from_wire("a\r\nb", true));
  CHECK_FALSE(mailbox_from_wire("\xff", true));
}

TEST_CASE("imap: dates") {
  const auto moment = parse_date_time("17-Jul-1996 02:44:25 -0700");
  REQUIRE(moment);
  CHECK(moment->unix_seconds == 837596665);
  CHECK(moment->zone_minutes == -420);
  CHECK(to_string(*moment) == "17-Jul-1996 02:44:25 -0700");
  CHECK(to_string(*parse_date_time(" 1-jan-2026 00:00:00 +0900")) == " 1-Jan-2026 00:00:00 +0900");
  CHECK(to_string(DateTime{-1, 0}) == "31-Dec-1969 23:59:59 +0000");
  for (const char* bad : {"", "32-Jul-1996 02:44:25 -0700", "30-Feb-2024 02:44:25 -0700",
                          "17-Jul-1996 24:44:25 -0700", "17-Jul-1996 02:44:25 0700",
                          "17-Foo-1996 02:44:25 -0700", "17-Jul-1996T02:44:25 -0700"})
    CHECK_FALSE(parse_date_time(bad));
  CHECK(to_string(*parse_date("1-Feb-1994")) == "1-Feb-1994");
  CHECK_FALSE(parse_date("1-2-1994"));
}

TEST_CASE("imap: fetch attributes are written as they are read") {
  for (const char* text :
       {"(UID FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODYSTRUCTURE MODSEQ BODY)", "(BODY[])",
        "(BODY.PEEK[1.2.HEADER.FIELDS (Subject \"X Y\")]<0.100> RFC822.HEADER)",
        "(BODY[1.MIME] BODY[TEXT])", "(BINARY.PEEK[1] BINARY.SIZE[2.3] RFC822 RFC822.TEXT)",
        "(BODY.PEEK[HEADER.FIELDS.NOT (Received)])"}) {
    Decoder in(text);
    FetchAttributes wanted;
    REQUIRE(expect_fetch_attributes(in, wanted));
    CHECK(in.at_end());
    CHECK(to_string(wanted) == text);
  }
  Decoder full("FULL");
  FetchAttributes wanted;
  REQUIRE(expect_fetch_attributes(full, wanted));
  CHECK(to_string(wanted) == "(FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)");
  for (const char* bad :
       {"()", "BODY[", "BODY[0]", "BODY[1.]", "BODY[MIME]", "BODY[1]<0.0>", "BODY[1]<0>",
        "BODY[HEADER.FIELDS ()]", "BODY[HEADER.FIELDS (a]", "BINARY[TEXT]", "(FLAGS", "WHAT"}) {
    Decoder in(bad);
    FetchAttributes none;
    CHECK_FALSE((expect_fetch_attributes(in, none) && in.at_end()));
  }
}

TEST_CASE("imap: search keys become a tree") {
  Decoder in(
      "UNSEEN OR FROM \"a b\" (SINCE 1-Feb-1994 NOT UID 5:*) 1:3 MODSEQ \"/flags/\\\\seen\" all 7");
  SearchKey key;
  REQUIRE(expect_search_keys(in, key));
  CHECK(in.at_end());
  REQUIRE(key.kind == SearchKind::all_of);
  REQUIRE(key.children.size() == 4);
  CHECK(key.children[0].kind == SearchKind::none_of);
  CHECK(key.children[0].children[0].text == "\\Seen");
  const SearchKey& either = key.children[1];
  CHECK(either.kind == SearchKind::any_of);
  CHECK(either.children[0].field == "From");
  CHECK(either.children[0].text == "a b");
  CHECK(either.children[1].children[1].children[0].set.to_string() == "5:*");
  CHECK(key.children[2].kind == SearchKind::sequence);
  CHECK(key.children[3].number == 7);
}

TEST_CASE("imap: search keys are bounded") {
  std::string deep;
  for (int at = 0; at < 10000; ++at) deep += "NOT ";
  std::string many = "ALL";
  for (int at = 0; at < 10000; ++at) many += " ALL";
  for (const std::string& text : {deep + "ALL", std::string(10000, '('), many, std::string("FROM"),
                                  std::string("(ALL"), std::string("BEFORE x"), std::string("WHAT"),
                                  std::string("OR ALL"), std::string("KEYWORD")}) {
    Decoder in(text);
    SearchKey key;
    CHECK_FALSE(expect_search_keys(in, key));
    CHECK(in.failed());
  }
}

TEST_CASE("imap: strings are written in the shortest form that holds them") {
  std::string out;
  append_astring(out, "atom");
  out += ' ';
  append_astring(out, "nil");
  out += ' ';
  append_astring(out, "");
  out += ' ';
  append_astring(out, "a\"\\");
  out += ' ';
  append_astring(out, "a\r\nb");
  CHECK(out == "atom \"nil\" \"\" \"a\\\"\\\\\" {4}\r\na\r\nb");
  CHECK(line_text("a\r\nb OK") == "a  b OK");
}
