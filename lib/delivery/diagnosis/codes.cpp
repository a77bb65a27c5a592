#include "lib/delivery/diagnosis/codes.hpp"

#include <algorithm>

namespace tandem::delivery {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@';
}

// Nothing that continues a word or a dotted number stands before `at`.
bool begins_here(std::string_view text, std::size_t at) {
  return at == 0 || (!is_word(text[at - 1]) && text[at - 1] != '.' && text[at - 1] != '-');
}

bool ends_here(std::string_view text, std::size_t at) {
  if (at >= text.size()) return true;
  if (text[at] == '.') return at + 1 >= text.size() || !is_word(text[at + 1]);
  return !is_word(text[at]);
}

// One to three digits at `at`: where they end, or `at`.
std::size_t digits(std::string_view text, std::size_t at) {
  auto end = at;
  while (end < text.size() && end < at + 3 && is_digit(text[end])) ++end;
  return end;
}

}  // namespace

std::optional<FoundCode> reply_code_at(std::string_view text, std::size_t at) {
  if (at + 3 > text.size() || (text[at] != '4' && text[at] != '5')) return std::nullopt;
  if (text[at + 1] < '0' || text[at + 1] > '7' || !is_digit(text[at + 2])) return std::nullopt;
  if (!begins_here(text, at) || !ends_here(text, at + 3)) return std::nullopt;
  return FoundCode{at, at + 3};
}

std::optional<FoundCode> status_code_at(std::string_view text, std::size_t at) {
  const bool continued = at >= 4 && text[at - 1] == '-' && reply_code_at(text, at - 4);
  if (at + 5 > text.size() || (text[at] != '2' && text[at] != '4' && text[at] != '5'))
    return std::nullopt;
  if ((!continued && !begins_here(text, at)) || text[at + 1] != '.') return std::nullopt;
  const auto subject = digits(text, at + 2);
  if (subject == at + 2 || subject >= text.size() || text[subject] != '.') return std::nullopt;
  const auto end = digits(text, subject + 1);
  if (end == subject + 1 || !ends_here(text, end)) return std::nullopt;
  return FoundCode{at, end};
}

}  // namespace tandem::delivery
