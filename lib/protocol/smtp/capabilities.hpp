// What a server said it can do (the reply to EHLO or LHLO). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/smtp/reply.hpp"

namespace tandem::smtp {

struct Capabilities {
  bool extended = false;  // EHLO was understood at all
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool dsn = false;
  bool chunking = false;
  bool enhanced_codes = false;
  bool starttls = false;
  bool require_tls = false;
  bool xclient = false;
  std::vector<std::string> xclient_names;   // upper case
  std::vector<std::string> xforward_names;  // upper case
  std::optional<std::uint64_t> size;        // 0: no fixed limit (RFC 1870 4)
  std::vector<std::string> auth;            // upper case
  // LIMITS (RFC 9422): messages in a session, recipients in a message.
  std::optional<std::uint64_t> mail_max, rcpt_max;
};

[[nodiscard]] Capabilities parse_capabilities(const Reply& ehlo);

}  // namespace tandem::smtp
