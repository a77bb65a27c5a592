// Reads what a mail system sent back about a message: a delivery status notification (RFC 3464,
// RFC 6533), a bounce in plain text of any of the many shapes, a spam report (RFC 5965) or an
// automatic answer. Whatever the bytes, the reading ends, in time linear in their number.
// In a plain bounce the recipients and what is said of each are found by where addresses stand;
// that is a guess, and good enough for a person to be told a cause. Pure; any thread.
// Limits: 1,000 recipients, 64 KiB of text for people, 8 KiB of it for one recipient.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/delivery_report.hpp"

namespace tandem::mail {

enum class NoticeKind : std::uint8_t {
  report,      // with a message/delivery-status
  bounce,      // the same in words only
  complaint,   // message/feedback-report: somebody calls a message spam
  auto_reply,  // a vacation message or the like: the message arrived
};
[[nodiscard]] std::string_view name_of(NoticeKind kind);

struct NoticeRecipient {
  RecipientReport report;  // in a plain bounce: the address alone, if one was found
  std::string detail;      // what the text for people says about this recipient
};

struct Notice {
  NoticeKind kind = NoticeKind::bounce;
  std::string reporting_mta;
  std::vector<NoticeRecipient> recipients;  // at least one
  std::string text;                         // for people, UTF-8, up to the returned message
};

// `message`: with CR LF or LF. A text without a header is read as a plain bounce.
[[nodiscard]] Notice read_notice(std::string_view message);

// It has a header of a mail message, so that read_notice has something to read.
[[nodiscard]] bool looks_like_message(std::string_view text);

}  // namespace tandem::mail
