// Text from elsewhere as one line of a report: control bytes and line ends become blanks.
#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/dsn_parts.hpp"

namespace tandem::mail {
namespace {

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F;
}

}  // namespace

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string one_line(std::string_view text, std::size_t limit) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t length = 1;
    while (length < 4 && at + length < text.size() && !is_utf8(text.substr(at, length))) ++length;
    const auto character = text.substr(at, length);
    const bool whole = is_utf8(character);
    const bool blank = is_blank(text[at]);
    const bool skipped = blank && (out.empty() || out.back() == ' ');
    if (!skipped && out.size() + (whole ? length : 1) > limit) break;
    if (!skipped) out += blank ? " " : whole ? std::string(character) : "?";
    at += whole ? length : 1;
  }
  return std::string(trim(out));
}

}  // namespace tandem::mail
