// The server's side of an IMAP connection over a Stream: commands in, answers out. What cannot be
// parsed is answered here (BAD, counted); what a command does is the caller's business. Answers are
// gathered and leave when the client has nothing more to say, or when they are many: pipelined
// commands cost one write. An idle session owns no buffer. One coroutine at a time; the stream must
// outlive it.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "lib/net/stream.hpp"
#include "lib/protocol/imap/command_reader.hpp"
#include "lib/protocol/imap/decoder.hpp"

namespace tandem::net {

class ImapServerIo {
 public:
  struct Settings {
    imap::CommandReader::Limits limits;
    std::size_t read_size = 4096;      // bytes asked of the stream at once
    std::size_t flush_at = 32 * 1024;  // bytes of answers that are gathered at most
    std::size_t max_errors = 20;  // commands in a row that could not be parsed; then kind limit
    // How long to wait for a command, and for progress within one; zero: the stream's deadline is
    // left alone (before log-in, where it counts for all together: T-18).
    Duration command_wait = std::chrono::minutes(30);
    Duration progress_wait = std::chrono::minutes(5);
  };
  ImapServerIo(Stream& stream, Settings settings);
  explicit ImapServerIo(Stream& stream) : ImapServerIo(stream, Settings{}) {}

  // The next command; nothing: the client ended the connection. Error kinds: those of Stream; limit
  // (too many errors). After an Append: accept_append or refuse_append comes next.
  Task<Result<std::optional<imap::Command>>> next();
  // A line that is no command: DONE, or base64 of AUTHENTICATE (without CR LF). Nothing: the end.
  Task<Result<std::optional<std::string>>> next_line();

  // Takes the message announced last: says `+ ` where the client waits for it.
  Task<Result<void>> accept_append();
  // Bytes of it, at most `into`; 0: it is complete.
  Task<Result<std::size_t>> read_literal(std::span<char> into);
  // After a complete message: the next of the same APPEND, or nothing at its end. Kind invalid: the
  // rest of the command was malformed and was skipped; answer BAD and keep none of its messages.
  Task<Result<std::optional<imap::command::AppendItem>>> next_append();
  // Skips the rest of the APPEND, wherever it stands, and answers with `error`.
  Task<Result<void>> refuse_append(imap::CommandError error);

  void put(std::string_view bytes) { out_.append(bytes); }
  // Appends to what is to be sent, and sends when that has become much.
  Task<Result<void>> write(std::string_view bytes);
  Task<Result<void>> flush();

  enum class Wakeup : std::uint8_t { readable, notified, timed_out };
  // For IDLE: sends what was gathered, then waits for input, for notify(), or until `limit` is
  // over.
  Task<Result<Wakeup>> wait(Duration limit);
  // From a coroutine of the same thread. Without a wait under way, the next one returns at once.
  void notify();

  void set_utf8(bool utf8) { options_.utf8 = utf8; }
  void set_settings(Settings settings);  // after log-in
  [[nodiscard]] imap::CommandReader& reader() { return reader_; }
  [[nodiscard]] Stream& stream() { return stream_; }

 private:
  Task<Result<bool>> fill(Duration limit);
  std::optional<imap::Command> parsed(imap::CommandReader::Step step);
  void begin_append(const imap::command::AppendItem& item);

  Stream& stream_;
  Settings settings_;
  imap::CommandReader reader_;
  imap::ParseOptions options_;
  std::string out_;
  std::size_t errors_ = 0;
  std::uint64_t announced_ = 0;  // size of the message announced last
  bool awaited_ = false;         // the client waits for `+ ` before it sends it
  bool accepted_ = false;
  bool utf8_message_ = false;
  bool waiting_ = false;
  bool notified_ = false;
};

}  // namespace tandem::net
