// Reads message bytes at any split, un-stuffs them and makes them clean (RFC 5321 4.5.2, 2.3.8):
// only CR LF . CR LF ends DATA (T-08, T-12); bare LF becomes CRLF, bare CR and NUL a space (T-10).
// What comes out holds CR and LF only as CRLF, and ends with CRLF.
//
// A line of dots that touches a bare CR or LF is the smuggling shape; the message is read to its
// true end and then has a verdict other than ok. Limits (size, header, line) work likewise: reading
// goes on, output stops. For BDAT (RFC 3030) `chunks` reads counted bytes without dots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::smtp {

enum class FramingPolicy : std::uint8_t {
  normalise,  // repair bare CR, LF and NUL; refuse only the smuggling shape
  reject,     // refuse every bare CR, LF and NUL
};

struct BodyLimits {
  std::uint64_t size = 50 * 1024 * 1024;  // of what comes out
  std::size_t header = 1024 * 1024;       // T-14
  std::size_t line = 256 * 1024;          // 998 is the rule, more is tolerated up to here
};

class DotReader {
 public:
  enum class Mode : std::uint8_t { dots, chunks };
  enum class Verdict : std::uint8_t {
    ok,
    smuggling,       // refuse 5.6.0
    bare,            // policy reject: bare CR, LF or NUL; refuse 5.6.0
    too_big,         // refuse 5.3.4
    header_too_big,  // refuse 5.6.0
    line_too_long,   // refuse 5.6.0
  };
  struct Counts {
    std::uint64_t bare_lf = 0;
    std::uint64_t bare_cr = 0;
    std::uint64_t nul = 0;
  };

  explicit DotReader(FramingPolicy policy = FramingPolicy::normalise, BodyLimits limits = {},
                     Mode mode = Mode::dots);

  // Appends clean bytes to `out` (at most 2 × in.size() + 4) and returns how many bytes of `in`
  // were taken: all, or up to the end of data.
  std::size_t feed(std::string_view in, std::string& out);
  // Mode chunks: no more bytes follow; flushes a pending CR and completes the last line.
  void finish(std::string& out);

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] Verdict verdict() const { return verdict_; }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] std::uint64_t size() const {
    return size_;
  }  // bytes that came or would have come out

 private:
  // Where the last byte left us.
  enum class At : std::uint8_t {
    line_start,  // after a real CRLF, or at the start
    soft_start,  // after a repaired line end: a dot here is text and ends nothing
    text,        // inside a line
    cr,          // after a CR inside a line
    dot,         // after the dot that opens a real line; it is held back
    dot_cr,      // after that dot and a CR
  };

  void put(char c, std::string& out);
  void text(char c, std::string& out);
  std::size_t run(std::string_view in, std::string& out);
  void real_end(std::string& out);
  void bare_lf(std::string& out);
  void bare_cr(std::string& out);
  void segment_end(bool bare);
  void suspect(Verdict verdict);

  FramingPolicy policy_;
  BodyLimits limits_;
  Mode mode_;
  At at_ = At::line_start;
  bool done_ = false;
  Verdict verdict_ = Verdict::ok;
  Counts counts_;
  std::uint64_t size_ = 0;
  std::size_t line_ = 0;  // bytes in the line that comes out
  bool in_header_ = true;
  // The run of bytes since the last CR or LF of any kind, for the smuggling shape.
  bool only_dots_ = true;
  bool some_dots_ = false;
  bool opened_bare_ = false;
};

}  // namespace tandem::smtp
