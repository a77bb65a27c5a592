// LIST's patterns (RFC 3501 6.3.8): `*` stands for anything, `%` for anything without a separator.
#pragma once

#include <string_view>

namespace tandem::server {

// INBOX matches in any spelling of the pattern.
[[nodiscard]] bool matches_pattern(std::string_view pattern, std::string_view name);

}  // namespace tandem::server
