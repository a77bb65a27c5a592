// What the built-in server does to a header: the trace fields on top (RFC 5321 4.4) and, for what
// people submit, what their client left out (RFC 6409 8). Everything else stays byte for byte.
#pragma once

#include <expected>
#include <string>

#include "lib/mail/header.hpp"
#include "lib/mail/received.hpp"
#include "lib/protocol/smtp/reply.hpp"

namespace tandem::server {

// RFC 5321 6.3 asks for a large number, at least 100 for relays; here every hop is a loop's.
inline constexpr std::size_t most_hops = 30;

// Return-Path (others go) and our Received line in front; 554 5.4.6 where too many hosts were
// passed.
[[nodiscard]] std::expected<std::string, smtp::Reply> received_header(
    const mail::HeaderView& header, const std::string& sender, const mail::TraceStamp& stamp);
// From the gateway of this process: Return-Path only. It is no other host, so its own Received line
// is this host's, and the trace id in it stays the topmost: by that the copies are known.
[[nodiscard]] std::expected<std::string, smtp::Reply> handed_over_header(
    const mail::HeaderView& header, const std::string& sender, const mail::TraceStamp& stamp);
// The same as received_header, without Bcc, and with Date and Message-ID where missing.
[[nodiscard]] std::expected<std::string, smtp::Reply> submitted_header(
    const mail::HeaderView& header, const std::string& sender, const mail::TraceStamp& stamp);

}  // namespace tandem::server
