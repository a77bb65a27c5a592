#include "lib/protocol/smtp/dot_writer.hpp"

#include "lib/protocol/smtp/plain_run.hpp"

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
  while (!in.empty()) {
    const char c = in.front();
    if (c == '\n') {
      held_cr_ = false;
      line_end(out);
      in.remove_prefix(1);
      continue;
    }
    if (held_cr_) text(' ', out);
    held_cr_ = c == '\r';
    if (!held_cr_) text(c, out);
    in.remove_prefix(1);
    const std::size_t plain = held_cr_ ? 0 : plain_run(in);
    out += in.substr(0, plain);
    in.remove_prefix(plain);
  }
}

void DotWriter::end(std::string& out) {
  if (held_cr_) text(' ', out);
  held_cr_ = false;
  if (!line_start_) line_end(out);
  if (stuff_) out += ".\r\n";
}

}  // namespace tandem::smtp
