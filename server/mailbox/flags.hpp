// Flags of a message: the five system flags as bits, keywords by name (RFC 3501 2.3.2). Keywords
// compare without regard to case and keep the spelling that was first. \Recent is a session's
// matter and never stored. Limits: a keyword 100 bytes, a message 60 keywords.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace tandem::server {

struct Flags {
  enum Bit : std::uint32_t { seen = 1, answered = 2, flagged = 4, deleted = 8, draft = 16 };

  std::uint32_t bits = 0;
  std::vector<std::string> keywords;  // sorted without regard to case, each once

  // Kind invalid: an unknown `\Flag`, or too many or too long keywords. \Recent is ignored.
  [[nodiscard]] static Result<Flags> from_names(std::span<const std::string> names);
  // `\Seen $Forwarded`: the text between the parentheses of a FLAGS list.
  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] bool has(Bit bit) const { return (bits & bit) != 0; }
  void add(const Flags& other);
  void remove(const Flags& other);
  // Keywords as one column of a table, and back.
  [[nodiscard]] std::string keyword_text() const;
  [[nodiscard]] static Flags from_row(std::uint32_t bits, std::string_view keyword_text);
  bool operator==(const Flags&) const = default;
};

inline constexpr std::size_t max_keywords = 60;
inline constexpr std::size_t max_keyword_length = 100;

}  // namespace tandem::server
