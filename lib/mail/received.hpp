// Received: lines (RFC 5321 4.4), ours and other people's.
// Ours carries the trace id, by which both copies of a message are known for the same:
//   Received: from HELO (NAME [ADDRESS])
//    by US with ESMTPS id TRACE
//    for <RCPT>;
//    DATE
// What comes from the client (HELO, names) is reduced to what a host name may hold before it is
// written, so it cannot forge a second field. Parsing is tolerant and never fails: what is not
// there is empty. A trace id is 26 characters of lower-case base32.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/date.hpp"
#include "lib/mail/header.hpp"

namespace tandem::mail {

struct TraceStamp {
  std::string helo;            // as the client said it
  std::string client_address;  // "192.0.2.1", "2001:db8::1"
  std::string client_name;     // verified reverse name; empty: unknown
  std::string by;              // our host name
  std::string protocol;        // ESMTP, ESMTPS, ESMTPSA, LMTP, UTF8SMTPS … (RFC 3848, 6531)
  std::string trace_id;
  std::string for_recipient;  // empty: none (always so for several recipients: Bcc)
  MailDate date;
};

// The whole field with its CR LF.
[[nodiscard]] std::string make_received(const TraceStamp& stamp);

struct ReceivedField {
  std::string from;          // what the client called itself
  std::string from_comment;  // what the server knew of it: "name [address]"
  std::string by;
  std::string via;
  std::string with;
  std::string id;
  std::string for_recipient;  // without angle brackets
  std::optional<MailDate> date;
};

[[nodiscard]] ReceivedField parse_received(std::string_view value);
// All of a header, newest (topmost) first, at most 1,000.
[[nodiscard]] std::vector<ReceivedField> received_fields(const HeaderView& header);
// When the message came, as far as its header tells: the topmost Received line that has a date,
// else its Date.
[[nodiscard]] std::optional<MailDate> arrival_date(const HeaderView& header);
[[nodiscard]] std::size_t count_received(const HeaderView& header);

[[nodiscard]] bool is_trace_id(std::string_view text);
// The trace ids of lines written "by" one of `our_names` (any host name if empty), topmost first.
[[nodiscard]] std::vector<std::string> trace_ids(const HeaderView& header,
                                                 std::span<const std::string> our_names);
// The topmost of them.
[[nodiscard]] std::optional<std::string> find_trace_id(const HeaderView& header,
                                                       std::span<const std::string> our_names);

}  // namespace tandem::mail
