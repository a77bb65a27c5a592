// Small things done to bytes and ASCII text everywhere. All functions are pure; any thread.
// ASCII only: mail protocols compare verbs, atoms and domains without regard to ASCII case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] std::string upper(std::string_view text);
[[nodiscard]] bool iequals(std::string_view a, std::string_view b);
[[nodiscard]] bool istarts_with(std::string_view text, std::string_view prefix);
// Without spaces, tabs, CR and LF at both ends.
[[nodiscard]] std::string_view trim(std::string_view text);
// Parts between separators; an empty text gives one empty part.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// RFC 4648 base64 with padding. Decoding is strict: nothing for any other byte, length or padding.
[[nodiscard]] std::string base64_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> base64_decode(std::string_view text);
[[nodiscard]] std::string hex_encode(std::string_view bytes);
[[nodiscard]] std::optional<std::string> hex_decode(std::string_view text);
// Base32 in lower case without padding (RFC 4648 alphabet).
[[nodiscard]] std::string base32_encode(std::string_view bytes);

// Well-formed UTF-8 (no surrogates, no overlong forms, no more than U+10FFFF).
[[nodiscard]] bool is_utf8(std::string_view text);
// Fit for a log line or a terminal: control bytes and malformed UTF-8 as \xNN, cut at `limit`
// bytes.
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 200);
// A decimal number of at most 18 digits and nothing else.
[[nodiscard]] std::optional<std::uint64_t> parse_number(std::string_view text);

// SHA-256 of bytes, 32 bytes raw.
[[nodiscard]] std::string sha256(std::string_view bytes);
// `count` bytes from the system's cryptographic source.
[[nodiscard]] std::string random_bytes(std::size_t count);
// Equal, in a time that depends on the lengths only (for secrets).
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);
// Overwrites what a secret occupied, then empties it.
void wipe(std::string& secret);

// A trace id: 128 random bits, 26 characters of base32 (see docs: "trace id").
[[nodiscard]] std::string new_trace_id();

}  // namespace tandem
