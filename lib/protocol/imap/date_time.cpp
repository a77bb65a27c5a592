#include "lib/protocol/imap/date_time.hpp"

#include <array>
#include <fmt/format.h>

#include "lib/base/text.hpp"

namespace tandem::imap {
namespace {

constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<unsigned> digits(std::string_view text, unsigned most) {
  const auto value = parse_number(text);
  if (!value || *value > most) return std::nullopt;
  return static_cast<unsigned>(*value);
}

std::optional<unsigned> month_number(std::string_view name) {
  for (unsigned at = 0; at < months.size(); ++at)
    if (iequals(months[at], name)) return at + 1;
  return std::nullopt;
}

// "02:44:25" as seconds of the day; a leap second counts as the 59th.
std::optional<int> parse_clock(std::string_view text) {
  if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
  const auto hour = digits(text.substr(0, 2), 23);
  const auto minute = digits(text.substr(3, 2), 59);
  const auto second = digits(text.substr(6, 2), 60);
  if (!hour || !minute || !second) return std::nullopt;
  return static_cast<int>(*hour * 3600 + *minute * 60 + std::min(*second, 59U));
}

std::optional<int> parse_zone(std::string_view text) {
  if (text.size() != 5 || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const auto hours = digits(text.substr(1, 2), 23);
  const auto minutes = digits(text.substr(3, 2), 59);
  if (!hours || !minutes) return std::nullopt;
  const int value = static_cast<int>(*hours * 60 + *minutes);
  return text[0] == '-' ? -value : value;
}

}  // namespace

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  const std::size_t day_length = text.find('-');
  if (day_length == std::string_view::npos || day_length == 0 || day_length > 2)
    return std::nullopt;
  std::string_view day_text = text.substr(0, day_length);
  if (day_text.size() == 2 && day_text[0] == ' ') day_text.remove_prefix(1);
  text.remove_prefix(day_length + 1);
  if (text.size() != 8 || text[3] != '-') return std::nullopt;
  const auto day = digits(day_text, 31);
  const auto month = month_number(text.substr(0, 3));
  const auto year = digits(text.substr(4), 9999);
  if (!day || !month || !year) return std::nullopt;
  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<DateTime> parse_date_time(std::string_view text) {
  if (text.size() < 25 || text.size() > 26) return std::nullopt;
  const std::string_view tail = text.substr(text.size() - 15);  // " 02:44:25 -0700"
  const auto day = parse_date(text.substr(0, text.size() - 15));
  const auto clock = parse_clock(tail.substr(1, 8));
  const auto zone = parse_zone(tail.substr(10));
  if (tail[0] != ' ' || tail[9] != ' ' || !day || !clock || !zone) return std::nullopt;
  DateTime moment;
  moment.zone_minutes = static_cast<std::int16_t>(*zone);
  moment.unix_seconds =
      std::int64_t{day->time_since_epoch().count()} * 86400 + *clock - std::int64_t{*zone} * 60;
  return moment;
}

std::string to_string(const DateTime& moment) {
  const std::int64_t local = moment.unix_seconds + std::int64_t{moment.zone_minutes} * 60;
  const std::int64_t day = (local >= 0 ? local : local - 86399) / 86400;
  const auto clock = static_cast<int>(local - day * 86400);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(static_cast<int>(day)))};
  const int zone = moment.zone_minutes < 0 ? -moment.zone_minutes : moment.zone_minutes;
  return fmt::format(
      "{:2}-{}-{:04} {:02}:{:02}:{:02} {}{:02}{:02}", static_cast<unsigned>(date.day()),
      months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()), clock / 3600,
      clock / 60 % 60, clock % 60, moment.zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60);
}

std::string to_string(std::chrono::sys_days day) {
  const std::chrono::year_month_day date(day);
  return fmt::format("{}-{}-{:04}", static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()));
}

}  // namespace tandem::imap
