// What servers say in words where others have a response code (RFC 5530). Pure.
#pragma once

#include <string_view>

namespace tandem::imap {

// Too many connections or commands: it wants to be left alone for a while, or is Exchange's answer
// to that and other things (see is_not_connected).
[[nodiscard]] bool asks_for_pause(std::string_view words);
// Exchange, of too many connections, a mailbox that this log-in may not open, or a wrong password.
[[nodiscard]] bool is_not_connected(std::string_view words);

// The mailbox takes no more until its owner makes room. A day's limit is none of these.
[[nodiscard]] bool says_mailbox_is_full(std::string_view words);

}  // namespace tandem::imap
