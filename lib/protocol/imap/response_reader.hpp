// From a server's bytes, split anywhere, to complete responses; the bodies of messages go by as
// they arrive and are never held. Bounds (T-20): a response with its small literals is at most
// Limits::response bytes, a body at most Limits::body; whatever announces more is an error before
// anything is allocated for it. After an error the connection is of no further use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/protocol/imap/response.hpp"

namespace tandem::imap {

class ResponseReader {
 public:
  struct Limits {
    std::size_t response = 1024 * 1024;
    std::uint64_t body = std::uint64_t{256} * 1024 * 1024;
    // Bodies (BODY[…], BINARY[…], RFC822…) of at least this many bytes are streamed, smaller ones
    // stay in the response. What does not fit into a response is streamed in any case.
    std::uint64_t stream_from = 64 * 1024;
  };
  enum class Step : std::uint8_t {
    need_input,
    response,    // text() and streamed() are a complete response, for parse_response
    body_begin,  // prefix() is the FETCH so far, its last body is about to come
    body_data,   // body bytes are there: take_body()
    body_end,    // the body is complete; the response goes on
    error,       // error()
  };

  explicit ResponseReader(Limits limits) : limits_(limits) {}
  ResponseReader() : ResponseReader(Limits{}) {}

  // Room for the next read; views given out before end here.
  [[nodiscard]] std::span<char> space(std::size_t bytes);
  void filled(std::size_t bytes) { end_ += bytes; }
  void feed(std::string_view bytes);

  [[nodiscard]] Step next();
  // Valid until space(), feed() or the next next().
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::span<const std::size_t> streamed() const { return streamed_; }
  [[nodiscard]] const response::Fetch& prefix() const { return prefix_; }  // valid until body_end
  [[nodiscard]] std::uint64_t body_left() const { return body_left_; }
  [[nodiscard]] std::string_view take_body();
  [[nodiscard]] const Error& error() const { return error_; }

  // Bytes are there that no step has used (T-02: after STARTTLS there may be none).
  [[nodiscard]] bool has_rest() const { return start_ < end_; }
  [[nodiscard]] std::string take_rest();
  void set_stream_from(std::uint64_t bytes) { limits_.stream_from = bytes; }
  void release_memory();  // while nothing is buffered
  [[nodiscard]] std::size_t memory() const { return buffer_.capacity() + held_.capacity(); }

 private:
  Step fail(std::string what);
  Step announced(const LiteralSpec& spec, std::size_t line_end);
  bool begins_body(std::size_t line_end);
  void complete(std::size_t line_end);

  Limits limits_;
  std::string buffer_;          // its bytes from start_ to end_ are in use
  std::size_t start_ = 0;       // of what is not used yet
  std::size_t scan_ = 0;        // from where the next line end is looked for
  std::size_t line_start_ = 0;  // of the current line, behind its last literal
  std::size_t end_ = 0;
  std::string held_;  // of a response whose body was streamed: the text before and between
  bool held_done_ = false;
  std::vector<std::size_t> streamed_;
  response::Fetch prefix_;
  bool in_body_ = false;
  std::uint64_t body_left_ = 0;
  std::string_view text_;
  Error error_;
};

}  // namespace tandem::imap
