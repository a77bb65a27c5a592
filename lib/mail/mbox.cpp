#include "lib/mail/mbox.hpp"

#include <algorithm>

#include "lib/base/text.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_messages = 10'000;
constexpr auto npos = std::string_view::npos;

std::string_view first_line(std::string_view text) {
  return trim(text.substr(0, text.find('\n')));
}

// "From MAILER-DAEMON Thu Apr 29 23:34:45 2015", also with a zone at its end.
bool is_from_line(std::string_view line) {
  if (!line.starts_with("From ") || line.size() > 500) return false;
  const auto digits = line.substr(line.size() - 4);
  return line.find(':') != npos &&
         std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
}

// Where the next message's "From " line begins, or the end.
std::size_t next_from_line(std::string_view text, std::size_t at) {
  for (at = text.find("\nFrom ", at); at != npos; at = text.find("\nFrom ", at + 1)) {
    if (is_from_line(first_line(text.substr(at + 1)))) return at + 1;
  }
  return text.size();
}

}  // namespace

std::vector<std::string_view> split_mbox(std::string_view text) {
  std::vector<std::string_view> messages;
  if (!is_from_line(first_line(text))) return messages;
  for (std::size_t at = 0; at < text.size();) {
    const auto begin = std::min(text.find('\n', at), text.size() - 1) + 1;
    const bool last = messages.size() + 1 == max_messages;
    const auto end = last ? text.size() : next_from_line(text, begin == 0 ? 0 : begin - 1);
    messages.push_back(text.substr(begin, end - begin));
    at = end;
  }
  return messages;
}

std::string_view message_behind_from_line(std::string_view text) {
  const auto at = next_from_line(text, 0);
  if (at == text.size()) return {};
  return text.substr(std::min(text.find('\n', at), text.size() - 1) + 1);
}

}  // namespace tandem::mail
