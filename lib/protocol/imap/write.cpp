#include "lib/protocol/imap/write.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/mailbox_name.hpp"

namespace tandem::imap {

bool quotable(std::string_view text, bool utf8) {
  constexpr std::size_t longest = 1000;
  if (text.size() > longest) return false;
  return std::ranges::all_of(text, [utf8](char byte) {
    return byte != '\r' && byte != '\n' && byte != '\0' && (utf8 || byte > 0);
  });
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char byte : text) {
    if (byte == '"' || byte == '\\') out.push_back('\\');
    out.push_back(byte);
  }
  out.push_back('"');
}

void append_literal(std::string& out, std::string_view bytes, bool non_synchronising) {
  fmt::format_to(std::back_inserter(out), "{{{}{}}}\r\n", bytes.size(),
                 non_synchronising ? "+" : "");
  out.append(bytes);
}

void append_string(std::string& out, std::string_view text, bool utf8) {
  if (quotable(text, utf8))
    append_quoted(out, text);
  else
    append_literal(out, text);
}

void append_astring(std::string& out, std::string_view text, bool utf8) {
  if (is_atom(text) && !iequals(text, "NIL"))
    out.append(text);
  else
    append_string(out, text, utf8);
}

void append_nstring(std::string& out, const std::string* text) {
  if (text == nullptr)
    out.append("NIL");
  else
    append_string(out, *text);
}

void append_mailbox(std::string& out, std::string_view name, bool utf8) {
  append_astring(out, mailbox_to_wire(name, utf8), utf8);
}

void append_flags(std::string& out, const std::vector<std::string>& flags) {
  out.push_back('(');
  for (std::size_t at = 0; at < flags.size(); ++at) {
    if (at > 0) out.push_back(' ');
    out.append(flags[at]);
  }
  out.push_back(')');
}

std::string line_text(std::string_view text) {
  std::string line(text);
  for (char& byte : line)
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = ' ';
  return line;
}

}  // namespace tandem::imap
