// Reply codes (RFC 5321 4.2) and enhanced status codes (RFC 3463) where they stand in a text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tandem::delivery {

struct FoundCode {
  std::size_t begin = 0;
  std::size_t end = 0;
};

// "4yz" or "5yz" at `at`, no digit, letter or dot beside it.
[[nodiscard]] std::optional<FoundCode> reply_code_at(std::string_view text, std::size_t at);
// "c.s.d" at `at`, c of 2, 4 or 5; no part of an address or a longer number.
[[nodiscard]] std::optional<FoundCode> status_code_at(std::string_view text, std::size_t at);

}  // namespace tandem::delivery
