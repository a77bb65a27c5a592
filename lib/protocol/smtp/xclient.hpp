// XCLIENT: what one mail server tells another of the client it speaks for (Postfix's
// XCLIENT_README; xtext of RFC 3461 4). Attributes: ADDR, PORT, NAME, HELO, PROTO; LOGIN is neither
// taken nor given. XFORWARD (XFORWARD_README) has the same values, for the log only. Values are
// decoded and checked against their grammar before anybody sees them (T-21). Whose XCLIENT is
// believed is not decided here. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "lib/protocol/smtp/reply.hpp"

namespace tandem::smtp {

// A client as its server knows it. What is empty is not known.
struct ClientIdentity {
  std::string address;      // "192.0.2.1", "2001:db8::1"
  std::uint16_t port = 0;   // 0: not known
  std::string name;         // of the address, by DNS and back; letters, digits, "-._"
  bool name_later = false;  // no name, because DNS did not answer
  std::string helo;         // what it called itself: is_helo_name
  std::string protocol;     // "SMTP" or "ESMTP"
  bool operator==(const ClientIdentity&) const = default;
};

// What EHLO announces behind the verb.
inline constexpr std::string_view xclient_attributes = "NAME ADDR PORT PROTO HELO";

// `argument` is what follows the verb: "ADDR=192.0.2.1 NAME=[UNAVAILABLE]". The error is the
// answer.
[[nodiscard]] std::expected<ClientIdentity, Reply> parse_xclient(std::string_view argument);

// Every value by its grammar, so that none can be another attribute or another line (T-21).
[[nodiscard]] bool is_well_formed(const ClientIdentity& client);

// The commands, without line ends, that tell a server which listed `offered` (upper case): each of
// the attributes, unknown ones as such, so that nothing is left of whom was told of before. The
// first holds ADDR. None: the server takes no address, there is none, or `client` is ill-formed.
[[nodiscard]] std::vector<std::string> xclient_lines(const ClientIdentity& client,
                                                     const std::vector<std::string>& offered);

// The same for XFORWARD. What it tells is forgotten with the end of the message.
[[nodiscard]] std::vector<std::string> xforward_lines(const ClientIdentity& client,
                                                      const std::vector<std::string>& offered);

// A client as one text that parse_xclient reads, to be kept; empty: there is no address.
[[nodiscard]] std::string to_text(const ClientIdentity& client);

}  // namespace tandem::smtp
