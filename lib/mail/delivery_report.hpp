// A delivery status notification as a value (RFC 3464 2.2, 2.3): what one server reports of one
// message, recipient by recipient. dsn.hpp writes it, bounce.hpp reads it. All texts are UTF-8
// without line ends.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/date.hpp"

namespace tandem::mail {

// RFC 3464 2.3.3
enum class ReportAction : std::uint8_t {
  failed,     // it was not and will not be delivered
  delayed,    // it was not delivered yet; it is tried again
  delivered,  // it reached its mailbox
  relayed,    // it was handed to a server that sends no reports
  expanded,   // it was delivered to a list, whose members are not reported on
};

[[nodiscard]] std::string_view name_of(ReportAction action);
// By its name, without regard to case.
[[nodiscard]] std::optional<ReportAction> parse_report_action(std::string_view name);

struct RecipientReport {
  std::string
      original_recipient;       // ORCPT (RFC 3461 4.2), xtext undone: "rfc822;taro@a.jp"; or empty
  std::string final_recipient;  // the address that was tried: "taro@a.jp"
  ReportAction action = ReportAction::failed;
  std::string status;      // enhanced status code (RFC 3463): "5.1.1"
  std::string remote_mta;  // the host that answered; empty: nobody did
  std::string diagnostic;  // its reply, code included: "550 5.1.1 User unknown"; or empty
  std::string diagnostic_type = "smtp";  // of what `diagnostic` is; "x-unix": of a program
  std::optional<MailDate> last_attempt;
  std::optional<MailDate> will_retry_until;  // with `delayed` only
};

struct DeliveryReport {
  std::string reporting_mta;  // host name of who reports
  std::string envelope_id;    // ENVID (RFC 3461 4.4), xtext undone; or empty
  std::optional<MailDate> arrival;
  std::vector<RecipientReport> recipients;
};

// RFC 6533 3: an address beyond ASCII in seven bits, as \x{3042}; ASCII stays, but for blank, '+',
// '=' and '\'. `undo_utf8_address` also takes back what is not encoded at all.
[[nodiscard]] std::string utf8_address_xtext(std::string_view address);
[[nodiscard]] std::string undo_utf8_address(std::string_view text);

}  // namespace tandem::mail
