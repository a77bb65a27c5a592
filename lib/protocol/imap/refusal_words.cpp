#include "lib/protocol/imap/refusal_words.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "lib/base/text.hpp"

namespace tandem::imap {
namespace {

constexpr std::string_view not_connected = "user is authenticated but not connected";

// In lower case.
constexpr auto pleas = std::to_array<std::string_view>({
    "[throttled]",
    "request is throttled",
    "maximum number of connections",      // Dovecot, Courier
    "too many simultaneous connections",  // Gmail
    "too many connections",
    "account exceeded command or bandwidth limits",  // Gmail
    "rate limit",                                    // Amazon WorkMail, Yahoo
    "rate exceeded",                                 // Amazon WorkMail
    not_connected,
});

}  // namespace

bool asks_for_pause(std::string_view words) {
  const std::string text = lower(words);
  return std::ranges::any_of(
      pleas, [&](std::string_view plea) { return text.find(plea) != std::string::npos; });
}

bool is_not_connected(std::string_view words) {
  return lower(words).find(not_connected) != std::string::npos;
}

}  // namespace tandem::imap
