#include "lib/protocol/imap/refusal_words.hpp"

#include <algorithm>
#include <array>
#include <span>
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

// In lower case.
constexpr auto fullness = std::to_array<std::string_view>({
    "[overquota]",
    "quota exceeded",            // Dovecot
    "over quota",                // Cyrus
    "exceeded your mail quota",  // Courier
    "mailbox full",
    "mailbox is full",  // Zimbra, Exchange
});

bool has_any(std::string_view words, std::span<const std::string_view> wanted) {
  const std::string text = lower(words);
  return std::ranges::any_of(
      wanted, [&](std::string_view one) { return text.find(one) != std::string::npos; });
}

}  // namespace

bool asks_for_pause(std::string_view words) {
  return has_any(words, pleas);
}

bool is_not_connected(std::string_view words) {
  return lower(words).find(not_connected) != std::string::npos;
}

bool says_mailbox_is_full(std::string_view words) {
  return has_any(words, fullness);
}

}  // namespace tandem::imap
