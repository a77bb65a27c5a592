// Writing IMAP: strings in the shortest form that holds them, flag lists, sets. Appends to a
// buffer. A string that no quoted form can hold becomes a literal; the commands of a client use
// these only with values for which `quotable` is true or after LITERAL+ was offered.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::imap {

// No CR, LF, NUL and at most 1,000 bytes: fits a quoted string. Bytes from 0x80 only with `utf8`.
[[nodiscard]] bool quotable(std::string_view text, bool utf8 = false);

void append_quoted(std::string& out, std::string_view text);
// `{n}` CR LF and the bytes; `non_synchronising` writes `{n+}`.
void append_literal(std::string& out, std::string_view bytes, bool non_synchronising = false);
// Quoted where possible, else a literal.
void append_string(std::string& out, std::string_view text, bool utf8 = false);
// An atom where possible (never NIL), else a string.
void append_astring(std::string& out, std::string_view text, bool utf8 = false);
void append_nstring(std::string& out, const std::string* text);  // null: NIL
// A mailbox name given in UTF-8, as modified UTF-7 unless `utf8`.
void append_mailbox(std::string& out, std::string_view name, bool utf8);
// `(\Seen $Forwarded)`.
void append_flags(std::string& out, const std::vector<std::string>& flags);

// Text of a response line: without control bytes, so that it stays one line.
[[nodiscard]] std::string line_text(std::string_view text);

}  // namespace tandem::imap
