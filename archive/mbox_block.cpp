#include "archive/mbox_block.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/header.hpp"

namespace tandem::archive {
namespace {

constexpr std::string_view mark_field = "X-Tandemail-Export:";
constexpr std::string_view stored_key = " stored=";
constexpr std::string_view incomplete = "incomplete";
constexpr std::size_t most_line = 500;

std::string_view cut_line(std::string_view& text) {
  const auto end = text.find('\n');
  if (end == std::string_view::npos) return {};
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

std::optional<std::uint64_t> value_of(std::string_view line, std::string_view key) {
  const auto at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view rest = line.substr(at + key.size());
  return parse_number(rest.substr(0, rest.find(' ')));
}

struct StatusLetter {
  char letter;
  std::uint8_t bit;
};
constexpr std::array<StatusLetter, 4> x_status = {{{'A', sync::Flags::answered},
                                                   {'F', sync::Flags::flagged},
                                                   {'T', sync::Flags::draft},
                                                   {'D', sync::Flags::deleted}}};

void add_mozilla(std::string_view value, sync::Flags& flags) {
  const auto bytes = hex_decode(value);
  if (!bytes || bytes->size() != 2) return;
  const auto bits = static_cast<unsigned char>((*bytes)[1]);
  constexpr std::array<std::uint8_t, 4> meaning = {sync::Flags::seen, sync::Flags::answered,
                                                   sync::Flags::flagged, sync::Flags::deleted};
  for (std::size_t bit = 0; bit < meaning.size(); ++bit)
    if ((bits & (1U << bit)) != 0) flags.system |= meaning[bit];
}

void add_words(std::string_view text, sync::Flags& flags) {
  for (const std::string_view word : split(text, ' '))
    if (!trim(word).empty()) flags.add(trim(word));
}

}  // namespace

std::string from_line(imap::DateTime date) {
  using namespace std::chrono;
  const sys_seconds moment{seconds(date.unix_seconds)};
  const auto day = floor<days>(moment);
  const year_month_day calendar(day);
  const hh_mm_ss time(moment - day);
  constexpr std::array<std::string_view, 7> weekdays = {"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  return fmt::format(
      "From MAILER-DAEMON {} {} {:2} {:02}:{:02}:{:02} {:04}", weekdays[weekday(day).c_encoding()],
      months[static_cast<unsigned>(calendar.month()) - 1], static_cast<unsigned>(calendar.day()),
      time.hours().count(), time.minutes().count(), time.seconds().count(),
      static_cast<int>(calendar.year()));
}

// Its year, or its zone, is at the end; so is told apart a line of text that begins with "From ".
bool is_from_line(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("From ") || line.size() > most_line) return false;
  const auto digits = line.substr(line.size() - 4);
  return line.find(':') != std::string_view::npos &&
         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<imap::DateTime> date_of_from_line(std::string_view line) {
  line = trim(line);
  if (!line.starts_with("From ")) return std::nullopt;
  // The sender may hold blanks: the date is what is behind the last blank that leaves one.
  for (auto at = line.find(' ', 5); at != std::string_view::npos; at = line.find(' ', at + 1)) {
    const auto date = mail::parse_date(line.substr(at + 1));
    if (!date) continue;
    imap::DateTime found;
    found.unix_seconds =
        std::chrono::duration_cast<std::chrono::seconds>(date->time.time_since_epoch()).count();
    return found;
  }
  return std::nullopt;
}

std::string mbox_block(const MboxMark& mark, const sync::Flags& flags) {
  std::string more;
  for (const StatusLetter& known : x_status)
    if ((flags.system & known.bit) != 0) more += known.letter;
  return fmt::format(
      "{} uidvalidity={} uid={} line-ends={}{}{}\nStatus: {}O\nX-Status: {}\n"
      "X-Keywords: {}\n",
      mark_field, mark.origin.validity, mark.origin.uid, mark.crlf ? "crlf" : "as-is", stored_key,
      stored_text(mark.stored), (flags.system & sync::Flags::seen) != 0 ? "R" : "", more,
      flags.keyword_text());
}

std::size_t place_of_stored(std::string_view block) {
  return block.find(stored_key) + stored_key.size();
}

// Ten bytes, whatever it is, so that the one can be written over the other.
std::string stored_text(std::optional<std::uint64_t> stored) {
  return stored ? fmt::format("{:010}", *stored) : std::string(incomplete);
}

std::optional<MboxMark> read_mbox_mark(std::string_view text) {
  const std::size_t before = text.size();
  const std::string_view line = cut_line(text);
  if (!line.starts_with(mark_field)) return std::nullopt;
  for (const std::string_view field : {"Status:", "X-Status:", "X-Keywords:"})
    if (!cut_line(text).starts_with(field)) return std::nullopt;
  const auto validity = value_of(line, " uidvalidity=");
  const auto uid = value_of(line, " uid=");
  const auto stored = value_of(line, stored_key);
  const bool known = stored || line.ends_with(incomplete);
  if (!validity || !uid || !known || *validity > 0xffffffff || *uid > 0xffffffff)
    return std::nullopt;
  MboxMark mark;
  mark.origin = {static_cast<std::uint32_t>(*validity), static_cast<std::uint32_t>(*uid)};
  mark.crlf = line.find(" line-ends=crlf ") != std::string_view::npos;
  mark.stored = stored;
  mark.size = before - text.size();
  return mark;
}

sync::Flags mbox_flags(std::string_view header) {
  const mail::HeaderView view(header);
  sync::Flags flags;
  if (view.text("Status").find('R') != std::string::npos) flags.system |= sync::Flags::seen;
  const std::string more = view.text("X-Status");
  for (const StatusLetter& known : x_status)
    if (more.find(known.letter) != std::string::npos) flags.system |= known.bit;
  add_mozilla(view.text("X-Mozilla-Status"), flags);
  add_words(view.text("X-Keywords"), flags);
  add_words(view.text("X-Mozilla-Keys"), flags);
  return flags;
}

}  // namespace tandem::archive
