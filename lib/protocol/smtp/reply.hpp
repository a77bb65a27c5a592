// An SMTP reply as a value (RFC 5321 4.2, enhanced codes RFC 2034/3463), its one writer, and the
// bounded parser of a server's replies (T-20). Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::smtp {

struct Reply {
  int code = 0;                    // 200…599; 0: none
  std::string enhanced;            // "5.1.1"; empty: none
  std::vector<std::string> lines;  // without codes and line ends; never empty on the wire

  [[nodiscard]] bool positive() const { return code >= 200 && code < 300; }
  [[nodiscard]] bool intermediate() const { return code >= 300 && code < 400; }
  [[nodiscard]] bool temporary() const { return code >= 400 && code < 500; }
  [[nodiscard]] bool permanent() const { return code >= 500; }
  // The lines joined by a space.
  [[nodiscard]] std::string text() const;
  // "550 5.1.1 No such user": for people.
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Reply&) const = default;
};

[[nodiscard]] Reply make_reply(int code, std::string_view enhanced, std::string_view text);

// The bytes on the wire. Whatever the lines hold, it stays one reply: control bytes become spaces,
// a line is cut at 480 bytes, the reply at 64 lines (T-25). The enhanced code stands on each line.
[[nodiscard]] std::string to_wire(const Reply& reply);

// Parses one reply from bytes at any split. At most 64 lines of 2048 bytes, 32 KiB together.
class ReplyParser {
 public:
  enum class State : std::uint8_t { more, complete, malformed, too_long };

  // Takes bytes up to the end of the reply; returns how many. Nothing is taken once not `more`.
  std::size_t feed(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  // The reply, once complete; the parser is ready for the next.
  [[nodiscard]] Reply take();

 private:
  void end_of_line();

  State state_ = State::more;
  Reply reply_;
  std::string line_;
  std::size_t total_ = 0;
};

}  // namespace tandem::smtp
