// ENVELOPE, BODY and BODYSTRUCTURE as IMAP text (RFC 3501 7.4.2 and the grammar of 9), exactly as
// they stand in a FETCH answer. Strings are quoted where they can be; what holds 8-bit bytes or
// line ends becomes a literal, NUL a '?'. Types are in lower case. One string may reach a few MiB
// for a message that is made of header.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/envelope.hpp"
#include "lib/mail/mime.hpp"

namespace tandem::mail {

// A quoted string or literal; NIL for nothing.
[[nodiscard]] std::string imap_nstring(const std::optional<std::string>& text);
[[nodiscard]] std::string imap_string(std::string_view text);

[[nodiscard]] std::string imap_envelope(const Envelope& envelope);
// `extended`: BODYSTRUCTURE, with the extension data; else BODY.
[[nodiscard]] std::string imap_bodystructure(const Part& part, bool extended);

}  // namespace tandem::mail
