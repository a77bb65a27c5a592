// Encoded words (RFC 2047) in subjects, names and file names: to UTF-8 and back.
// Reading is tolerant: words stuck to other text or inside quotes are decoded too, a character may
// be split over adjacent words of one charset (forbidden and common), base64 may be split anywhere,
// raw 8-bit and raw ISO-2022-JP are guessed (charset.hpp). Control bytes become blanks, so what
// comes out is one line and fit to show.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::mail {

// A header value, folded or not, as UTF-8 text.
[[nodiscard]] std::string decode_header_text(std::string_view raw);

// UTF-8 text as a header value: unchanged if it is printable ASCII without "=?", else encoded words
// of at most 75 characters with whole characters in each, folded by CR LF SP. `column` is where the
// value starts in its line (9 behind "Subject: "). Malformed UTF-8 is guessed first.
[[nodiscard]] std::string encode_header_text(std::string_view utf8, std::size_t column = 0);

}  // namespace tandem::mail
