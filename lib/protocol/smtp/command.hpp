// SMTP commands as values, and their grammar (RFC 5321 4.1; parameters of RFC 1870, 6152, 6531,
// 3461, 4954, 8689). Syntax only: what may follow what is the server machine's. Deliberately
// lenient where real senders are: a space after the colon, dots anywhere in a local part. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "lib/protocol/smtp/reply.hpp"

namespace tandem::smtp {

struct HeloCommand {
  std::string name;       // validated: a domain or an address literal
  bool extended = false;  // EHLO or LHLO
};

enum class Body : std::uint8_t { unspecified, seven_bit, eight_bit_mime };

struct MailCommand {
  std::string from;  // "local@domain"; empty: the null sender <>
  std::optional<std::uint64_t> size;
  Body body = Body::unspecified;
  bool smtputf8 = false;
  bool require_tls = false;  // RFC 8689
  std::string ret;           // "FULL", "HDRS" or empty
  std::string envid;         // xtext as received; empty: none
  std::string auth;          // xtext as received, "<>" or empty
};

struct RcptCommand {
  std::string to;      // "local@domain", or "postmaster" alone (RFC 5321 4.1.1.3)
  std::string notify;  // "NEVER" or a list of SUCCESS, FAILURE, DELAY; empty: not given
  std::string orcpt;   // "rfc822;xtext" as received; empty: none
};

// Which extensions were announced: a parameter of another one is 555 5.5.4.
struct ParameterSet {
  bool size = true;
  bool eight_bit_mime = true;
  bool smtputf8 = true;
  bool dsn = true;
  bool auth = false;
  bool require_tls = false;
};

// `argument` is what follows the verb and one space: "FROM:<a@b> SIZE=1".
[[nodiscard]] std::expected<MailCommand, Reply> parse_mail(std::string_view argument,
                                                           const ParameterSet& allowed);
[[nodiscard]] std::expected<RcptCommand, Reply> parse_rcpt(std::string_view argument,
                                                           const ParameterSet& allowed,
                                                           bool smtputf8);
// A domain, or an address literal in brackets: letters, digits, "-._:[]" and at most 255 bytes
// (T-21).
[[nodiscard]] bool is_helo_name(std::string_view name);
// "local@domain" by the grammar above; UTF-8 beyond ASCII only where `smtputf8`.
[[nodiscard]] bool is_mailbox(std::string_view mailbox, bool smtputf8);

// The commands a client writes. Parameters appear only where set; the caller leaves out what the
// server did not offer.
[[nodiscard]] std::string to_line(const MailCommand& command);
[[nodiscard]] std::string to_line(const RcptCommand& command);

}  // namespace tandem::smtp
