#include "lib/protocol/smtp/dot_writer.hpp"

namespace tandem::smtp {

void DotWriter::text(char c, std::string& out) {
  if (c == '.' && line_start_ && stuff_) out += '.';
  out += c == '\0' ? ' ' : c;
  line_start_ = false;
}

void DotWriter::line_end(std::string& out) {
  out += "\r\n";
  line_start_ = true;
}

void DotWriter::write(std::string_view in, std::string& out) {
  for (const char c : in) {
    if (c == '\n') {
      held_cr_ = false;
      line_end(out);
      continue;
    }
    if (held_cr_) text(' ', out);
    held_cr_ = c == '\r';
    if (!held_cr_) text(c, out);
  }
}

void DotWriter::end(std::string& out) {
  if (held_cr_) text(' ', out);
  held_cr_ = false;
  if (!line_start_) line_end(out);
  if (stuff_) out += ".\r\n";
}

}  // namespace tandem::smtp
