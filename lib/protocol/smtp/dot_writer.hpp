// Writes message bytes as DATA content (RFC 5321 4.5.2): a dot is doubled on real line starts only,
// and nothing leaves but clean lines: bare LF becomes CRLF, bare CR and NUL a space (T-09). Bytes
// come at any split. `end` adds the last line end if it is missing, and the final dot.
#pragma once

#include <string>
#include <string_view>

namespace tandem::smtp {

class DotWriter {
 public:
  // `stuff` false: clean lines without dot-stuffing and final dot (BDAT, LMTP over BDAT).
  explicit DotWriter(bool stuff = true) : stuff_(stuff) {}

  void write(std::string_view in, std::string& out);
  void end(std::string& out);

 private:
  void text(char c, std::string& out);
  void line_end(std::string& out);

  bool stuff_;
  bool line_start_ = true;
  bool held_cr_ = false;
};

}  // namespace tandem::smtp
