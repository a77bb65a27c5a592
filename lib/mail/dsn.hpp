// Writes a delivery status notification: multipart/report (RFC 6522) of a text for people in
// English and Japanese, a message/delivery-status (RFC 3464) and what comes back of the message
// (RFC 3461 4.3). Pure; any thread.
// It is sent with MAIL FROM:<> and NOTIFY=NEVER (RFC 3461 6.1, RFC 3464 2), and says
// Auto-Submitted: auto-replied (RFC 3834). There is none to the null sender (T-36).
// Beyond ASCII (RFC 6533): with `smtputf8` the parts are message/global-…, addresses as they are;
// without it everything is seven bits and addresses are in the utf-8-addr-xtext form.
// Limits: 1,000 recipients, 1 KiB of a server's words, 64 KiB of returned header, a whole message
// of at most max_returned_message bytes; a larger one comes back as its header.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/mail/both_languages.hpp"
#include "lib/mail/delivery_report.hpp"

namespace tandem::mail {

// A report is larger than its message: returned whole, a message at the limit of its sender's
// server would be refused there, and of a report that is refused nobody hears. Others return less
// (Postfix 50 KB, Exim 100 KB). It also bounds what a forged sender is sent.
inline constexpr std::size_t max_returned_message = 256 * 1024;
inline constexpr std::size_t max_returned_header = 64 * 1024;

struct DsnRecipient {
  RecipientReport report;
  BothLanguages cause;      // one sentence; empty: the text says only what the report says
  BothLanguages next_step;  // what the sender can do; or empty
};

struct Dsn {
  std::string to;             // MAIL FROM of the message: "taro@a.jp"
  std::string from;           // empty: MAILER-DAEMON@reporting_mta
  std::string reporting_mta;  // our host name
  std::string message_id;     // of the report, without angle brackets; unique
  MailDate date;              // now
  std::string envelope_id;    // ENVID (RFC 3461 4.4), xtext undone; or empty
  std::optional<MailDate> arrival;
  std::vector<DsnRecipient> recipients;  // one message says all that is known at one time

  // The message as it was received, with CR LF line ends: at least its header. Bytes behind
  // max_returned_message need not be given, if `original_size` says how many there are.
  std::string_view original;
  std::size_t original_size = 0;  // 0: `original` is all of it
  // RET=FULL. Obeyed when a recipient failed (RFC 3461 4.3); else the header comes back.
  bool return_full = false;
  // The message asked for SMTPUTF8, so that its sender can take a report that needs it.
  bool smtputf8 = false;
};

struct WrittenDsn {
  std::string bytes;  // the message, CR LF
  // To be sent with BODY=8BITMIME, or with SMTPUTF8. Where a server has not what it takes, the
  // report is written again without `return_full` or `smtputf8`.
  bool eight_bit = false;
  bool smtputf8 = false;
};

// Errors, kind invalid: a null sender, nobody to report on, an address of `to` that is beyond
// ASCII without `smtputf8`; kind limit: too many recipients.
[[nodiscard]] Result<WrittenDsn> write_dsn(const Dsn& dsn);

}  // namespace tandem::mail
