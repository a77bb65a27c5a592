// Dates of IMAP: date-time (INTERNALDATE, APPEND) and date (SEARCH), RFC 9051 9. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::imap {

// A moment with the zone it was written in: the zone is kept so that it is copied unchanged.
struct DateTime {
  std::int64_t unix_seconds = 0;
  std::int16_t zone_minutes = 0;  // east of UTC
  bool operator==(const DateTime&) const = default;
};

// "17-Jul-1996 02:44:25 -0700", without the quotes; the day may be ` 7`, `7` or `07`.
[[nodiscard]] std::optional<DateTime> parse_date_time(std::string_view text);
[[nodiscard]] std::string to_string(const DateTime& moment);  // with a two-byte day, no quotes

// "17-Jul-1996": a day without a zone.
[[nodiscard]] std::optional<std::chrono::sys_days> parse_date(std::string_view text);
[[nodiscard]] std::string to_string(std::chrono::sys_days day);

}  // namespace tandem::imap
