// Text in any charset that mail uses, to UTF-8 (through ICU). Never fails: bytes that the charset
// does not have become U+FFFD, an unknown charset is guessed. Names as in MIME, without regard to
// case; the labels that Japanese and Microsoft mailers use for their supersets are understood as
// those (Shift_JIS as CP932, iso-8859-1 as windows-1252, gb2312 as GB18030, CP50221).
// Input beyond 64 MiB is cut. Any thread.
#pragma once

#include <string>
#include <string_view>

namespace tandem::mail {

[[nodiscard]] std::string to_utf8(std::string_view bytes, std::string_view charset);
[[nodiscard]] bool is_known_charset(std::string_view charset);
// For bytes without a label, as in raw 8-bit headers: UTF-8 if well-formed, else ISO-2022-JP if it
// has its escape, else CP932 if it decodes without an error, else windows-1252.
[[nodiscard]] std::string guess_to_utf8(std::string_view bytes);

}  // namespace tandem::mail
