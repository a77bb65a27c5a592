#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/charset.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/transfer.hpp"

using namespace tandem;
using namespace tandem::mail;
using namespace std::string_literals;

TEST_CASE("charset: what Japanese mail uses") {
  CHECK(to_utf8("\x1B$B8+@Q=q\x1B(B ABC", "ISO-2022-JP") == "見積書 ABC");
  CHECK(to_utf8("\x1B$B-!\x1B(B", "iso-2022-jp") == "①");
  CHECK(to_utf8("\x1B(I6@\x1B(B", "iso-2022-jp") == "ｶﾀ");
  CHECK(to_utf8("\x8C\xA9\x90\xCF\x8F\x91", "Shift_JIS") == "見積書");
  CHECK(to_utf8("\x87\x40\xFA\x55", "shift_jis") == "①￤");
  CHECK(to_utf8("\xB8\xAB\xC0\xD1\xBD\xF1", "EUC-JP") == "見積書");
  CHECK(to_utf8("\xE9\x80", "iso-8859-1") == "é€");
  CHECK(to_utf8("\xD0\xCF", "windows-1251") == "РП");
  CHECK(to_utf8("a\0b\0"s, "UTF-16LE") == "ab");
  CHECK(to_utf8("\xFE\xFF\x30\x42"s, "UTF-16") == "あ");
  CHECK(to_utf8("\xC4\xE3", "gb2312") == "你");
  CHECK(to_utf8("+MEI-", "utf-7") == "あ");
}

TEST_CASE("charset: damage never fails") {
  CHECK(to_utf8("a\xFF"
                "b",
                "utf-8") == "a\uFFFDb");
  CHECK(is_utf8(to_utf8("\x81", "shift_jis")));
  CHECK(is_utf8(to_utf8("\x1B$B8", "iso-2022-jp")));
  CHECK(to_utf8("abc", "no-such-charset") == "abc");
  CHECK(to_utf8("abc", "../../etc/passwd") == "abc");
  CHECK(to_utf8("abc", "ibm-1047,swaplfnl") == "abc");
  CHECK(to_utf8("", "utf-8").empty());
  CHECK(is_known_charset("UTF-8"));
  CHECK_FALSE(is_known_charset("klingon"));
  CHECK_FALSE(is_known_charset(std::string(200, 'a')));
}

TEST_CASE("charset: guessing unlabelled bytes") {
  CHECK(guess_to_utf8("見積書") == "見積書");
  CHECK(guess_to_utf8("\x1B$B8+@Q=q\x1B(B") == "見積書");
  CHECK(guess_to_utf8("\x8C\xA9\x90\xCF\x8F\x91") == "見積書");
  CHECK(guess_to_utf8("caf\xE9 au lait") == "café au lait");
}

TEST_CASE("transfer: base64 and quoted-printable") {
  CHECK(decode_base64_loose("aGVs\r\nbG8=") == "hello");
  CHECK(decode_base64_loose("aGVsbG8") == "hello");
  CHECK(decode_base64_loose("aA==aQ==") == "hi");
  CHECK(decode_base64_loose("a*G-V!s") == "hel");
  CHECK(decode_base64_loose("aGVsbG8=", 3) == "hel");
  CHECK(decode_quoted_printable("a=3Db=\r\nc=  \nd=ZZ=") == "a=bcd=ZZ");
  CHECK(decode_quoted_printable("=e3=81=82") == "あ");
  CHECK(decode_quoted_printable("=4") == "=4");
  CHECK(decode_transfer("a=20b", "Quoted-Printable") == "a b");
  CHECK(decode_transfer("a=20b", "8bit", 3) == "a=2");
}

TEST_CASE("encoded word: decoding") {
  CHECK(decode_header_text("=?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=") == "見積書");
  CHECK(decode_header_text("=?utf-8?Q?caf=C3=A9_au?= lait") == "café au lait");
  CHECK(decode_header_text("=?utf-8*ja?q?a?=\r\n =?utf-8?q?b?= c") == "ab c");
  CHECK(decode_header_text("x =?utf-8?q?a?= y =?utf-8?q?b?=") == "x a y b");
  CHECK(decode_header_text("\"=?utf-8?q?a?=\" <=?utf-8?q?b?=>") == "\"a\" <b>");
  // A character split over two words, as bytes and as base64 that is not a multiple of four.
  CHECK(decode_header_text("=?utf-8?Q?=E3=81?= =?utf-8?Q?=82?=") == "あ");
  CHECK(decode_header_text("=?utf-8?B?44G?=\r\n\t=?UTF-8?B?C?=") == "あ");
  CHECK(decode_header_text("=?utf-8?B?44E=?= =?UTF-8?Q?=82?=") == "あ");
  CHECK(decode_header_text("=?iso-2022-jp?Q?=1B$B8+@Q?= =?iso-2022-jp?Q?=3Dq=1B(B?=") == "見積書");
  CHECK(decode_header_text("=?utf-8?q?a?= =?shift_jis?b?jKk=?=") == "a見");
}

TEST_CASE("encoded word: what is none stays") {
  for (const std::string text :
       {"=?", "=??", "=?utf-8?", "=?utf-8?q", "=?utf-8?q?", "=?utf-8?q?abc", "=?utf-8?q?abc?",
        "=?utf-8?x?abc?=", "=??q?abc?=", "a =? b ?= c", "plain"})
    CHECK(decode_header_text(text) == text);
  CHECK(decode_header_text("=?=?utf-8?q?a?=") == "=?a");
  CHECK(decode_header_text("a\0b\x1B"
                           "c"s) == "a b c");
  CHECK(decode_header_text("  \r\n ").empty());
  CHECK(decode_header_text("\x1B$B8+@Q=q\x1B(B\r\n \x1B$B8+\x1B(B") == "見積書 見");
}

TEST_CASE("encoded word: encoding is short words of whole characters and comes back") {
  std::string text;
  for (int i = 0; i < 40; ++i) {
    text += i % 7 == 0 ? "🙂" : i % 3 == 0 ? "é" : "移";
    const auto encoded = encode_header_text(text, 9);
    CHECK(decode_header_text(encoded) == text);
    std::size_t column = 9;
    for (const auto line : split(encoded, '\n')) {
      CHECK(column + trim(line).size() <= 76);
      const auto word = trim(line);
      CHECK(word.size() <= 75);
      CHECK(is_utf8(decode_base64_loose(word.substr(10, word.size() - 12))));
      column = 1;
    }
  }
  CHECK(encode_header_text("plain text") == "plain text");
  CHECK(decode_header_text(encode_header_text("=?utf-8?q?a?=")) == "=?utf-8?q?a?=");
  CHECK(encode_header_text("a\r\nBcc: x@y").find('\n') == std::string::npos);
  CHECK(encode_header_text("").empty());
}
