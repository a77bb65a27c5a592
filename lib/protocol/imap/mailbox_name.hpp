// Mailbox names on the wire: modified UTF-7 (RFC 3501 5.1.3) to UTF-8 and back. Decoding is strict:
// nothing for a name that another spelling of the same name exists for, or that holds controls.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::imap {

[[nodiscard]] std::optional<std::string> decode_modified_utf7(std::string_view wire);
// `name` is well-formed UTF-8 (bytes that are not are each encoded as U+FFFD).
[[nodiscard]] std::string encode_modified_utf7(std::string_view name);

// A name as a command or response carried it, as UTF-8; INBOX in upper case whatever its spelling.
// `utf8`: the session speaks UTF-8 names (UTF8=ACCEPT, IMAP4rev2). Names with raw UTF-8 and without
// `&` are taken as they are in either case. Nothing: not a name.
[[nodiscard]] std::optional<std::string> mailbox_from_wire(std::string_view wire, bool utf8);
[[nodiscard]] std::string mailbox_to_wire(std::string_view name, bool utf8);

}  // namespace tandem::imap
