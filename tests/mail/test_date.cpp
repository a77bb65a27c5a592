#include <catch2/catch.hpp>

#include "lib/mail/date.hpp"

using namespace tandem;
using namespace tandem::mail;
using namespace std::chrono;

namespace {

constexpr WallTime nine = sys_days(2026y / November / 24) + 0h;

std::string utc(std::string_view text) {
  const auto date = parse_date(text);
  return date ? format_date({date->time, 0}) : "none";
}

}  // namespace

TEST_CASE("date: RFC 5322 and its obsolete forms") {
  const auto date = parse_date(" Tue, 24 Nov 2026 09:00:00 +0900 (JST)");
  REQUIRE(date);
  CHECK(date->time == nine);
  CHECK(date->zone_minutes == 540);
  CHECK(format_date(*date) == "Tue, 24 Nov 2026 09:00:00 +0900");
  const std::string expected = "Tue, 24 Nov 2026 00:00:00 +0000";
  CHECK(utc("24 Nov 2026 09:00 +0900") == expected);
  CHECK(utc("Tue (x),\r\n 24 (y (z)) nov 26 09:00:00 JST") == expected);
  CHECK(utc("24 November 126 00:00:00 GMT") == expected);
  CHECK(utc("Mon, 23 Nov 2026 19:00:00 EST") == expected);
  CHECK(utc("Tue,24 Nov 2026 00:00:00 Z") == expected);
  CHECK(utc("Tue Nov 24 00:00:00 2026") == expected);
  CHECK(utc("Tuesday, 24-Nov-26 00:00:00 GMT") == expected);
  CHECK(utc("Tue, 24 Nov 2026 09:00:00 GMT+09:00") == expected);
  CHECK(utc("Tue, 24 Nov 2026 00:00:00") == expected);
  CHECK(utc("1 Jan 99 00:00:00 -0000") == "Fri, 1 Jan 1999 00:00:00 +0000");
  CHECK(utc("31 Dec 2016 23:59:60 +0000") == "Sun, 1 Jan 2017 00:00:00 +0000");
}

TEST_CASE("date: nonsense gives nothing") {
  for (const auto* text :
       {"", " ", "Tue", "24 Nov", "32 Nov 2026 00:00:00 +0000", "29 Feb 2025 00:00:00 +0000",
        "24 Foo 2026 00:00:00 +0000", "24 Nov 2026 24:00:00 +0000", "24 Nov 2026 00:60:00 +0000",
        "24 Nov 99999 00:00:00 +0000", "24 Nov 2026 00-00-00 +0000", "((((", "Tue, , , ,",
        "0 Nov 2026 00:00:00 +0000", "99999999999999999999 Nov 2026 00:00:00"})
    CHECK_FALSE(parse_date(text));
}

TEST_CASE("date: INTERNALDATE") {
  const auto date = parse_internal_date("\"17-Jul-1996 02:44:25 -0700\"");
  REQUIRE(date);
  CHECK(date->zone_minutes == -420);
  CHECK(format_internal_date(*date) == "\"17-Jul-1996 02:44:25 -0700\"");
  CHECK(format_internal_date({nine, 0}) == "\"24-Nov-2026 00:00:00 +0000\"");
  CHECK(format_internal_date({sys_days(2026y / March / 1), 330}) ==
        "\" 1-Mar-2026 05:30:00 +0530\"");
  CHECK(parse_internal_date("\" 1-Mar-2026 05:30:00 +0530\"")->time ==
        WallTime(sys_days(2026y / March / 1)));
  CHECK(parse_internal_date("01-Mar-2026 05:30:00 +0530"));
  for (const auto* text :
       {"", "\"\"", "17-Jul-1996", "17-Jul-96 02:44:25 -0700", "17-Jul-1996 02:44:25 JST",
        "17-Jul-1996 02:44 -0700", "31-Feb-2026 02:44:25 +0000", "17-Jul-1996 02:44:25 -07:0"})
    CHECK_FALSE(parse_internal_date(text));
}
