// Splits hostile bytes into lines for both POP3 machines. A line ends with LF, a CR before it is
// dropped; a line beyond the limit is dropped up to its end and reported once. Never holds more
// than the limit and one read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::pop3 {

class LineReader {
 public:
  enum class Outcome : std::uint8_t { more, line, too_long };

  void feed(std::string_view bytes);
  // The next line into `line`, of at most `limit` bytes without its end. `strict`: the line must
  // end with CRLF, else it is reported as too_long (a malformed line).
  Outcome next(std::string& line, std::size_t limit, bool strict = false);

  // Everything not yet taken, for whoever takes over the stream.
  [[nodiscard]] std::string take_rest();
  [[nodiscard]] bool empty() const { return buffer_.empty(); }
  [[nodiscard]] std::size_t held() const { return buffer_.capacity(); }
  void clear();

 private:
  std::string buffer_;
  std::size_t scanned_ = 0;
  bool dropping_ = false;
};

}  // namespace tandem::pop3
