// Dates of mail: the Date field (RFC 5322 3.3 and 4.3) and IMAP's INTERNALDATE (RFC 3501 9).
// A MailDate is an instant and the zone it was written in. Parsing is tolerant: comments, no
// weekday, no seconds, two- and three-digit years, zone names, a missing zone (taken as UTC), C's
// asctime form. Years 1900 to 9999; a value out of range gives nothing. Formatting writes whole
// seconds.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/clock.hpp"

namespace tandem::mail {

struct MailDate {
  WallTime time;         // the instant, UTC
  int zone_minutes = 0;  // east of UTC, -1439 to 1439
  bool operator==(const MailDate&) const = default;
};

[[nodiscard]] std::optional<MailDate> parse_date(std::string_view value);
// "Tue, 24 Nov 2026 09:00:00 +0900"
[[nodiscard]] std::string format_date(MailDate date);

// With or without its double quotes.
[[nodiscard]] std::optional<MailDate> parse_internal_date(std::string_view text);
// "17-Jul-1996 02:44:25 -0700" with its double quotes, the day padded with a blank.
[[nodiscard]] std::string format_internal_date(MailDate date);

}  // namespace tandem::mail
