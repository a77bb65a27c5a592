#include "lib/mail/date.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

#include "lib/base/text.hpp"
#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

struct Zone {
  std::string_view name;
  int minutes;
};
// RFC 5322 4.3, and JST, which no RFC names and much mail has. Other names mean UTC ("-0000").
constexpr std::array zones{Zone{"EST", -300}, Zone{"EDT", -240}, Zone{"CST", -360},
                           Zone{"CDT", -300}, Zone{"MST", -420}, Zone{"MDT", -360},
                           Zone{"PST", -480}, Zone{"PDT", -420}, Zone{"JST", 540}};

struct Fields {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, zone = 0;
};

std::optional<int> number(std::string_view text, std::size_t max_digits) {
  if (text.size() > max_digits) return std::nullopt;
  const auto value = parse_number(text);
  return value ? std::optional<int>(static_cast<int>(*value)) : std::nullopt;
}

std::optional<int> month_of(std::string_view word) {
  if (word.size() < 3) return std::nullopt;
  const auto found = std::ranges::find(months, lower(word.substr(0, 3)));
  if (found == months.end()) return std::nullopt;
  return static_cast<int>(found - months.begin()) + 1;
}

// RFC 5322 4.3: two digits 00-49 are 20xx, 50-99 and all three digits count from 1900.
std::optional<int> year_of(std::string_view word) {
  const auto year = number(word, 4);
  if (!year || word.size() < 2) return std::nullopt;
  if (word.size() == 2) return *year + (*year < 50 ? 2000 : 1900);
  if (word.size() == 3) return *year + 1900;
  return year;
}

std::optional<int> zone_of(std::string_view word) {
  if (word.empty()) return 0;
  // "GMT+09:00", as some programs write it.
  if (word.size() > 3 && (istarts_with(word, "GMT") || istarts_with(word, "UTC")))
    word.remove_prefix(3);
  if (word.front() != '+' && word.front() != '-') {
    const auto name = upper(word);
    const auto known = std::ranges::find(zones, std::string_view(name), &Zone::name);
    return known == zones.end() ? 0 : known->minutes;
  }
  std::string digits(word.substr(1));
  std::erase(digits, ':');
  const auto value = number(digits, 4);
  if (!value || digits.size() != 4 || *value % 100 > 59 || *value / 100 > 23) return std::nullopt;
  const int minutes = *value / 100 * 60 + *value % 100;
  return word.front() == '-' ? -minutes : minutes;
}

bool read_time(std::string_view word, Fields& fields) {
  const auto parts = split(word, ':');
  if (parts.size() < 2 || parts.size() > 3) return false;
  const auto hour = number(parts[0], 2);
  const auto minute = number(parts[1], 2);
  const auto second = parts.size() == 3 ? number(parts[2].substr(0, parts[2].find('.')), 2) : 0;
  if (!hour || !minute || !second) return false;
  fields.hour = *hour;
  fields.minute = *minute;
  fields.second = *second;
  return true;
}

std::optional<MailDate> instant(Fields f) {
  using namespace std::chrono;
  if (f.year < 1900 || f.hour > 23 || f.minute > 59 || f.second > 60) return std::nullopt;
  const year_month_day day{year(f.year), month(static_cast<unsigned>(f.month)),
                           std::chrono::day(static_cast<unsigned>(f.day))};
  if (!day.ok()) return std::nullopt;
  const WallTime local = sys_days(day) + hours(f.hour) + minutes(f.minute) + seconds(f.second);
  return MailDate{local - minutes(f.zone), f.zone};
}

// "24-Nov-2026" is three words, "-0900" one.
void add_word(std::vector<std::string_view>& words, std::string_view word) {
  const auto parts = split(word, '-');
  const bool is_date = parts.size() == 3 && month_of(parts[1]);
  if (is_date) {
    words.insert(words.end(), parts.begin(), parts.end());
  } else {
    words.push_back(word);
  }
}

// Words between blanks, comments and commas; at most as many as a date has.
std::vector<std::string_view> words_of(std::string_view value) {
  std::vector<std::string_view> words;
  Lexer lexer(value);
  lexer.skip_cfws();
  while (!lexer.done() && words.size() < 8) {
    const auto word = lexer.run(",(");
    if (!word.empty()) add_word(words, word);
    if (word.empty() && !lexer.take(',')) lexer.skip();
    lexer.skip_cfws();
  }
  return words;
}

struct Local {
  std::chrono::year_month_day day;
  std::chrono::weekday weekday;
  std::chrono::hh_mm_ss<std::chrono::seconds> time;
  std::string zone;
};

Local local_of(MailDate date) {
  using namespace std::chrono;
  const auto local = floor<seconds>(date.time) + minutes(date.zone_minutes);
  const auto midnight = floor<days>(local);
  const int zone = std::abs(date.zone_minutes);
  return {year_month_day(midnight), std::chrono::weekday(midnight),
          hh_mm_ss<seconds>(local - midnight),
          fmt::format("{}{:02}{:02}", date.zone_minutes < 0 ? '-' : '+', zone / 60, zone % 60)};
}

}  // namespace

std::optional<MailDate> parse_date(std::string_view value) {
  auto words = words_of(value.substr(0, 1000));
  if (!words.empty() && !month_of(words[0]) && !number(words[0], 2)) words.erase(words.begin());
  if (words.size() < 4) return std::nullopt;
  Fields fields;
  // "24 Nov 2026 09:00:00 +0900", or as asctime has it "Nov 24 09:00:00 2026".
  const bool american = month_of(words[0]).has_value();
  const auto day = number(words[american ? 1 : 0], 2);
  const auto month = month_of(words[american ? 0 : 1]);
  const auto year = year_of(words[american ? 3 : 2]);
  if (!day || !month || !year || !read_time(words[american ? 2 : 3], fields)) return std::nullopt;
  const auto zone = zone_of(words.size() > 4 ? words[4] : std::string_view());
  fields.day = *day;
  fields.month = *month;
  fields.year = *year;
  fields.zone = zone.value_or(0);
  return instant(fields);
}

std::string format_date(MailDate date) {
  const auto local = local_of(date);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} {}", weekdays[local.weekday.c_encoding()],
                     static_cast<unsigned>(local.day.day()),
                     month_names[static_cast<unsigned>(local.day.month()) - 1],
                     static_cast<int>(local.day.year()), local.time.hours().count(),
                     local.time.minutes().count(), local.time.seconds().count(), local.zone);
}

std::optional<MailDate> parse_internal_date(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.substr(1, text.size() - 2);
  const auto words = split(trim(text), ' ');
  if (words.size() != 3) return std::nullopt;
  const auto date = split(words[0], '-');
  if (date.size() != 3 || date[1].size() != 3 || date[2].size() != 4) return std::nullopt;
  const auto day = number(date[0], 2);
  const auto month = month_of(date[1]);
  const auto year = number(date[2], 4);
  Fields fields;
  if (!day || !month || !year || words[1].size() != 8 || !read_time(words[1], fields))
    return std::nullopt;
  if (words[2].size() != 5 || (words[2][0] != '+' && words[2][0] != '-')) return std::nullopt;
  const auto zone = zone_of(words[2]);
  if (!zone) return std::nullopt;
  fields.day = *day;
  fields.month = *month;
  fields.year = *year;
  fields.zone = *zone;
  return instant(fields);
}

std::string format_internal_date(MailDate date) {
  const auto local = local_of(date);
  return fmt::format("\"{:>2}-{}-{:04} {:02}:{:02}:{:02} {}\"",
                     static_cast<unsigned>(local.day.day()),
                     month_names[static_cast<unsigned>(local.day.month()) - 1],
                     static_cast<int>(local.day.year()), local.time.hours().count(),
                     local.time.minutes().count(), local.time.seconds().count(), local.zone);
}

}  // namespace tandem::mail
