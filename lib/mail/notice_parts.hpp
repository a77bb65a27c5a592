// The pieces of read_notice. Internal to lib/mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/header.hpp"
#include "lib/mail/mime.hpp"
#include "lib/mail/notice.hpp"

namespace tandem::mail {

inline constexpr std::size_t max_notice_recipients = 1000;
inline constexpr std::size_t max_notice_text = 64 * 1024;
inline constexpr std::size_t max_notice_detail = 8 * 1024;  // of it for one recipient

// The groups of fields of a message/delivery-status (RFC 3464 2.1), whatever surrounds them.
[[nodiscard]] DeliveryReport read_delivery_status(std::string_view text);

// The text that the mail system wrote, without the message that came back.
[[nodiscard]] std::string notice_text(std::string_view message, const Part& root);
// A text up to the line that announces the message that came back.
[[nodiscard]] std::string_view without_original(std::string_view text);
// Tags and comments gone, the usual entities undone.
[[nodiscard]] std::string html_text(std::string_view html);

// Who is spoken of in a plain bounce, and what is said of each. `failed`: addresses that the header
// names (X-Failed-Recipients); `others`: addresses that are no recipients (the bounce's own).
[[nodiscard]] std::vector<NoticeRecipient> recipients_in_text(
    std::string_view text, const std::vector<std::string>& failed,
    const std::vector<std::string>& others);
// Addresses in a line, in order, without brackets and quotes.
[[nodiscard]] std::vector<std::string_view> addresses_in(std::string_view line);

}  // namespace tandem::mail
