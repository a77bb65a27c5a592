// Bytes and ASCII text: what is strict stays strict, and what people see cannot be forged.
#include "lib/base/text.hpp"

#include <set>

#include <catch2/catch.hpp>

using namespace tandem;
using namespace std::string_literals;

TEST_CASE("base64 is there and back for every length, and strict") {
  std::string bytes;
  for (int length = 0; length < 70; ++length) {
    const auto back = base64_decode(base64_encode(bytes));
    REQUIRE(back);
    CHECK(*back == bytes);
    bytes += static_cast<char>(length * 37);
  }
  CHECK(base64_encode("foobar") == "Zm9vYmFy");
  CHECK(base64_encode("fo") == "Zm8=");
  for (const char* bad : {"Zg", "Zg=", "Zg===", "Z", "=Zg=", "Zg==Zg==", "Zm 8=", "Zm9v\n", "Zm9-"})
    CHECK_FALSE(base64_decode(bad));
}

TEST_CASE("hexadecimal is there and back, and strict") {
  CHECK(hex_encode("\x00\xff"s + "a") == "00ff61");
  CHECK(hex_decode("00fF61") == "\x00\xff"s + "a");
  for (const char* bad : {"0", "0g", "00 ", "0x00"}) CHECK_FALSE(hex_decode(bad));
}

TEST_CASE("comparisons and cuts know ASCII only") {
  CHECK(iequals("STARTTLS", "starttls"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("\xC4", "\xE4"));
  CHECK(istarts_with("From: x", "FROM:"));
  CHECK_FALSE(istarts_with("Fro", "FROM:"));
  CHECK(trim(" \t\r\n x y \r\n") == "x y");
  CHECK(trim(" \r\n").empty());
  CHECK(split("a,,b", ',').size() == 3);
  CHECK(split("", ',').size() == 1);
}

TEST_CASE("numbers are decimal digits and nothing else") {
  CHECK(parse_number("0") == 0);
  CHECK(parse_number("999999999999999999") == 999'999'999'999'999'999);
  for (const char* bad : {"", "-1", "+1", " 1", "1 ", "0x1", "1234567890123456789"})
    CHECK_FALSE(parse_number(bad));
}

TEST_CASE("UTF-8 is well-formed or it is not") {
  for (const char* good : {"", "abc", "見積書", "é", "\xF0\x9F\x93\xAC", "\xF4\x8F\xBF\xBF"})
    CHECK(is_utf8(good));
  // Overlong, surrogate, beyond U+10FFFF, cut short, a stray continuation.
  for (const char* bad : {"\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xE8\xA6", "\x80", "a\xFF"})
    CHECK_FALSE(is_utf8(bad));
}

TEST_CASE("what is printable cannot forge a line or move the cursor") {
  const std::string shown = printable("a\r\nb\x1B[2J\x7F\xC0\xAF見"s + '\0');
  for (const char c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    CHECK((byte >= 0x20 && byte != 0x7F));
  }
  CHECK(is_utf8(shown));
  CHECK(shown.find("見") != std::string::npos);
  CHECK(shown.find("\\x0d\\x0a") != std::string::npos);
  CHECK(printable("\xC2\x9B"
                  "31m") == "\\xc2\\x9b31m");
  CHECK(printable("\xC2\xA0") == "\xC2\xA0");
  for (std::size_t limit = 0; limit < 40; ++limit) {
    const std::string cut = printable("見積書見積書見積書見積書", limit);
    CHECK(is_utf8(cut));
    CHECK(cut.size() <= limit + 3);  // the mark of a cut
  }
}

TEST_CASE("comparison of secrets and their end") {
  CHECK(constant_time_equal("abc", "abc"));
  CHECK(constant_time_equal("", ""));
  CHECK_FALSE(constant_time_equal("abc", "abd"));
  CHECK_FALSE(constant_time_equal("abc", "abcd"));
  std::string secret = "a password that is long enough for the heap";
  wipe(secret);
  CHECK(secret.empty());
}

TEST_CASE("trace ids are 26 characters of base32 and never the same") {
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = new_trace_id();
    CHECK(id.size() == 26);
    CHECK(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz234567") == std::string::npos);
    CHECK(seen.insert(id).second);
  }
  CHECK(base32_encode("foobar") == "mzxw6ytboi");
}

TEST_CASE("a hash is that of the standard") {
  CHECK(hex_encode(sha256("abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(random_bytes(32).size() == 32);
  CHECK(random_bytes(32) != random_bytes(32));
}
