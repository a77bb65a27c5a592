// Content-Transfer-Encoding: base64 and quoted-printable to bytes (RFC 2045 6.7, 6.8). Tolerant, as
// readers of other people's mail must be: foreign bytes in base64 are skipped and padding in the
// middle ends a group; a broken =XX stays as written. `limit` bounds the output in bytes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tandem::mail {

inline constexpr std::size_t no_limit = static_cast<std::size_t>(-1);

[[nodiscard]] std::string decode_base64_loose(std::string_view text, std::size_t limit = no_limit);
[[nodiscard]] std::string decode_quoted_printable(std::string_view text,
                                                  std::size_t limit = no_limit);
// Text with CR LF as lines of at most 76 characters, line ends kept (RFC 2045 6.7).
[[nodiscard]] std::string encode_quoted_printable(std::string_view text);
// By the name of the encoding; 7bit, 8bit, binary and unknown names give the bytes as they are.
[[nodiscard]] std::string decode_transfer(std::string_view body, std::string_view encoding,
                                          std::size_t limit = no_limit);

}  // namespace tandem::mail
