// Enhanced status codes (RFC 3463) and ranges of them, as the catalogue writes them: "5.7.20-29".
#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/catalogue.hpp"

namespace tandem::delivery {
namespace {

std::unexpected<Error> bad(std::string_view text) {
  return fail(ErrorKind::invalid, "\"" + printable(text, 40) + "\" is no enhanced status code");
}

}  // namespace

Result<StatusRange> parse_status_range(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 3 || parts[0].size() != 1 || parts[0].find_first_of("245X") != 0)
    return bad(text);
  const auto bounds = split(parts[2], '-');
  const auto subject = parse_number(parts[1]);
  const auto from = parse_number(bounds.front());
  const auto to = parse_number(bounds.back());
  if (!subject || !from || !to || *subject > 999 || *from > *to || *to > 999) return bad(text);
  return StatusRange{parts[0][0], int(*subject), int(*from), int(*to)};
}

bool StatusRange::contains(std::string_view status) const {
  const auto code = parse_status_range(status);
  return code && (kind == 'X' || code->kind == 'X' || kind == code->kind) &&
         subject == code->subject && from <= code->from && code->from <= to;
}

}  // namespace tandem::delivery
