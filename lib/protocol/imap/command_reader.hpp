// From a client's bytes, split anywhere, to complete commands. Literals stay in place in the text.
// The bounds (T-15, T-16): a command, literals included, never holds more than Limits::command
// bytes; a larger literal is refused before anything is allocated for it, a non-synchronising one
// is read past without being kept. Messages of APPEND are not part of the text: they are handed out
// as they arrive, whatever their size, and the caller decides whether to take or to refuse them.
// RFC 9051 4.3, RFC 7888 (LITERAL+, LITERAL-), RFC 3502 (MULTIAPPEND).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/protocol/imap/parse_command.hpp"

namespace tandem::imap {

class CommandReader {
 public:
  struct Limits {
    std::size_t command = 64 * 1024;               // bytes of one command, literals included
    std::uint64_t non_synchronising = UINT64_MAX;  // largest `{n+}`; LITERAL-: 4096
  };
  enum class Step : std::uint8_t {
    need_input,        // feed more
    command,           // text() is a complete command
    line,              // text() is the line asked for with expect_line()
    continue_literal,  // the client waits for `+ `: send it, then ask again
    append,            // text() is an APPEND up to a message's literal: accept() or refuse()
    append_more,       // text() is a further message of the same APPEND: likewise
    append_end,        // the APPEND is complete; text() is what was left of its line (`)` of UTF8)
    message_data,      // message bytes are there or awaited: take_message()
    refused,           // error() is the answer to a command that was skipped as a whole
  };

  explicit CommandReader(Limits limits) : limits_(limits) {}
  CommandReader() : CommandReader(Limits{}) {}

  // Room for the next read; `filled` says how much of it was used. Views given out end here.
  [[nodiscard]] std::span<char> space(std::size_t bytes);
  void filled(std::size_t bytes);
  void feed(std::string_view bytes);

  [[nodiscard]] Step next();
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] const CommandError& error() const { return error_; }

  // The next line is not a command (DONE, base64 of AUTHENTICATE): no literals, step `line`.
  void expect_line() { raw_line_ = true; }

  // After append or append_more: the message is wanted (for a synchronising literal the caller
  // sends
  // `+ `); its bytes follow as message_data, then append_more or append_end.
  void accept(std::uint64_t size);
  // The rest of the APPEND is skipped; then `refused` with this error. Also in the middle of a
  // message. `announced`: the literal that text() ends with, if none of it was accepted.
  void refuse(CommandError error, std::uint64_t announced, bool synchronising);
  void refuse(CommandError error) { refuse(std::move(error), message_left_, false); }
  [[nodiscard]] std::uint64_t message_left() const { return message_left_; }
  // Takes buffered message bytes; 0: none are buffered (or the message is complete).
  [[nodiscard]] std::size_t take_message(std::span<char> into);
  // Bytes of the message that the caller read into its own memory, past this reader's buffer.
  void message_read_directly(std::size_t bytes) { message_left_ -= bytes; }

  // What was fed and not yet used, e.g. for whoever takes the connection over; the reader is empty.
  [[nodiscard]] std::string take_rest();
  [[nodiscard]] bool has_rest() const { return start_ < buffer_.size(); }
  [[nodiscard]] std::string_view pending() const {
    return std::string_view(buffer_).substr(start_);
  }
  void set_limits(Limits limits) { limits_ = limits; }
  // Gives memory back while nothing is buffered.
  void release_memory();
  [[nodiscard]] std::size_t memory() const { return buffer_.capacity(); }

 private:
  enum class Phase : std::uint8_t {
    command,        // between start_ and scan_ is the command so far
    message,        // message_left_ bytes of an accepted message are due
    after_message,  // the line after a message: a further one, or the end
    skip,           // drain_ bytes, then the rest of a refused command, are read past
  };
  Step next_command();
  Step after_message();
  Step skip();
  bool announced(std::string_view line_text, std::size_t line_end, Step& step);
  void begin_skip(CommandError error, std::uint64_t drain);
  void use(std::size_t end);
  [[nodiscard]] std::string_view without_line_end(std::size_t from, std::size_t line_end) const;

  Limits limits_;
  std::string buffer_;
  std::size_t spaced_ = 0;  // given out by space(), not yet filled
  std::size_t start_ = 0;   // of what is not used yet
  std::size_t scan_ = 0;    // from where the next line end is looked for
  std::size_t line_ = 0;    // where the current line of the command begins
  Phase phase_ = Phase::command;
  bool raw_line_ = false;
  bool refused_at_once_ = false;
  std::string_view text_;
  CommandError error_;
  std::uint64_t message_left_ = 0;
  std::uint64_t drain_ = 0;
  std::string tail_;  // the end of the skipped line, as far as a literal's announcement may reach
};

}  // namespace tandem::imap
