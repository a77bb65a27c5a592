#include "lib/mail/delivery_report.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fmt/core.h>
#include <iterator>

#include <unicode/utf8.h>

#include "lib/base/text.hpp"

namespace tandem::mail {
namespace {

constexpr std::array<std::string_view, 5> action_names = {"failed", "delayed", "delivered",
                                                          "relayed", "expanded"};
static_assert(action_names.size() == std::size_t(ReportAction::expanded) + 1);

// QCHAR of RFC 6533 3.
bool is_plain(UChar32 c) {
  return c > 0x20 && c < 0x7F && c != '+' && c != '=' && c != '\\';
}

// "\x{HEX}" at the start of `text`: its code point and length.
struct Embedded {
  std::uint32_t point = 0;
  std::size_t length = 0;
};

std::optional<Embedded> embedded_at(std::string_view text) {
  if (!text.starts_with("\\x{")) return std::nullopt;
  const auto end = text.find('}');
  if (end == std::string_view::npos || end > 9) return std::nullopt;
  std::uint32_t point = 0;
  const auto [stop, error] = std::from_chars(text.data() + 3, text.data() + end, point, 16);
  if (error != std::errc() || stop != text.data() + end || !U_IS_UNICODE_CHAR(point))
    return std::nullopt;
  return Embedded{point, end + 1};
}

}  // namespace

std::string_view name_of(ReportAction action) {
  return action_names.at(std::size_t(action));
}

std::optional<ReportAction> parse_report_action(std::string_view name) {
  if (iequals(trim(name), "deliverable")) return ReportAction::delivered;  // sendmail -bv
  const auto found = std::ranges::find(action_names, lower(trim(name)));
  if (found == action_names.end()) return std::nullopt;
  return ReportAction(found - action_names.begin());
}

std::string utf8_address_xtext(std::string_view address) {
  std::string out;
  for (std::size_t at = 0; at < address.size();) {
    UChar32 point = 0;
    U8_NEXT(address.data(), at, address.size(), point);
    if (is_plain(point))
      out += static_cast<char>(point);
    else  // a malformed byte is written as U+FFFD
      fmt::format_to(std::back_inserter(out), "\\x{{{:02X}}}", point < 0 ? 0xFFFD : point);
  }
  return out;
}

std::string undo_utf8_address(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto embedded = embedded_at(text);
    if (embedded) {
      char bytes[U8_MAX_LENGTH];
      std::size_t length = 0;
      U8_APPEND_UNSAFE(bytes, length, embedded->point);
      out.append(bytes, length);
    } else {
      out += text.front();
    }
    text.remove_prefix(embedded ? embedded->length : 1);
  }
  return out;
}

}  // namespace tandem::mail
