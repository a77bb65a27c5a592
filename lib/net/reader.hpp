// BufferedReader: lines and counted bytes from a Stream, with a bounded buffer that is given back
// when empty. What was read ahead is visible, and STARTTLS over bytes read ahead is refused
// (T-01, T-02).
#pragma once

#include <string>
#include <string_view>

#include "lib/net/stream.hpp"

namespace tandem::net {

class BufferedReader {
 public:
  // Reads from `stream`, which must outlive it, in pieces of at most `piece` bytes.
  explicit BufferedReader(Stream& stream, std::size_t piece = 8 * 1024)
      : stream_(stream), piece_(piece) {}

  // The next line with its ending (LF, before it perhaps CR). Errors besides the stream's: limit
  // (no LF within `limit` bytes), closed (the end came first, in mid-line or not).
  [[nodiscard]] Task<Result<std::string>> read_line(std::size_t limit);
  // Exactly `count` bytes; closed if the end comes first. The caller bounds `count`.
  [[nodiscard]] Task<Result<std::string>> take(std::size_t count);
  // At least one byte and at most `limit`; empty: the peer ended its direction.
  [[nodiscard]] Task<Result<std::string>> read_some(std::size_t limit);

  // Read from the stream, but not yet asked for.
  [[nodiscard]] std::string_view ahead() const { return std::string_view(buffer_).substr(head_); }
  void consume(std::size_t count);  // of ahead()
  // Appends what the stream has; false: the peer ended its direction.
  [[nodiscard]] Task<Result<bool>> fill();

  // Upgrades the stream. Error protocol, and the stream is closed, if bytes were read ahead.
  [[nodiscard]] Task<Result<void>> start_tls(std::shared_ptr<const TlsServer> settings);
  [[nodiscard]] Task<Result<void>> start_tls(std::shared_ptr<const TlsClient> settings);

  [[nodiscard]] Stream& stream() { return stream_; }

 private:
  [[nodiscard]] Result<void> check_nothing_ahead();
  [[nodiscard]] std::string cut(std::size_t count);

  Stream& stream_;
  std::size_t piece_;
  std::string buffer_;
  std::size_t head_ = 0;  // bytes before it were consumed
};

}  // namespace tandem::net
