#include "lib/protocol/milter/verdict.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"

namespace tandem::milter {
namespace {

constexpr std::size_t longest_name = 255;
constexpr std::size_t longest_line = 998;  // RFC 5322 2.1.1

// RFC 5322 3.6, RFC 2045 3.
constexpr std::array<std::string_view, 13> not_a_filters = {
    "Date",       "From",        "Sender",     "Reply-To", "To",           "Cc",         "Bcc",
    "Message-ID", "In-Reply-To", "References", "Subject",  "MIME-Version", "Return-Path"};

bool is_field_name(std::string_view name) {
  if (name.empty() || name.size() > longest_name) return false;
  return std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7F && c != ':'; });
}

bool may_be_added(std::string_view name) {
  if (istarts_with(name, "Content-")) return false;
  return std::ranges::none_of(not_a_filters,
                              [&](std::string_view other) { return iequals(name, other); });
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "5.7.1 " at the front, of the reply's own class (RFC 2034 4).
std::string_view take_enhanced(std::string_view& line, char kind) {
  const std::string_view word = line.substr(0, line.find(' '));
  const auto parts = split(word, '.');
  const bool numbers = std::ranges::all_of(parts, [](std::string_view part) {
    return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
  });
  if (parts.size() != 3 || !numbers || parts[0] != std::string_view(&kind, 1)) return {};
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

// libmilter's filters double a percent sign.
std::string single_percents(std::string_view line) {
  std::string text;
  for (std::size_t i = 0; i < line.size(); ++i) {
    text += line[i];
    if (line.substr(i, 2) == "%%") ++i;
  }
  return text;
}

}  // namespace

smtp::Reply read_reply(std::string_view text) {
  smtp::Reply reply;
  for (std::string_view line : split(text, '\n')) {
    line = trim(line);
    if (line.empty()) continue;
    const auto code = parse_number(line.substr(0, 3));
    if (!code || *code < 400 || *code > 599) break;
    if (reply.lines.empty()) reply.code = static_cast<int>(*code);
    const char kind = line.front();
    line = line.size() > 4 ? line.substr(4) : "";
    const std::string_view enhanced = take_enhanced(line, kind);
    if (reply.lines.empty()) reply.enhanced = enhanced;
    reply.lines.push_back(single_percents(line));
  }
  if (reply.lines.empty()) return smtp::make_reply(451, "4.7.1", "Not now, try again later");
  if (reply.code == 421) reply.code = 451;
  return reply;
}

std::optional<Field> fit_field(std::string_view name, std::string_view value) {
  if (!is_field_name(name) || !may_be_added(name)) return std::nullopt;
  Field field{.name = std::string(name), .value = {}};
  std::size_t room = longest_line - name.size() - 1;
  for (const std::string_view given : split(value, '\n')) {
    std::string line;
    std::ranges::copy_if(given, std::back_inserter(line),
                         [](char c) { return c == '\t' || static_cast<unsigned char>(c) >= 0x20; });
    const bool first = field.value.empty();
    if (trim(line).empty() && !first) continue;  // a line of blanks would look like the end
    if (!first) {
      field.value += "\r\n";
      if (line.front() != ' ' && line.front() != '\t') line.insert(0, "\t");
    }
    if (line.size() > room) return std::nullopt;
    field.value += first && line.empty() ? " " : line;
    room = longest_line;
  }
  return field;
}

}  // namespace tandem::milter
