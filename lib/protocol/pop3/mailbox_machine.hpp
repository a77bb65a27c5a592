// POP3 after the log-in, server side (RFC 1939 5 and 6, 2449): STAT LIST UIDL RETR TOP DELE RSET
// NOOP CAPA QUIT over a list of messages that does not change during the session. The machine knows
// numbers, sizes and ids; bytes come from the driver, which is asked to fetch one message and
// passes it in pieces. Everything multi-line is dot-stuffed on the way out. No I/O; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/protocol/pop3/line_reader.hpp"
#include "lib/protocol/smtp/dot_writer.hpp"

namespace tandem::pop3 {

struct MessageEntry {
  std::uint64_t size = 0;  // octets with CRLF line ends
  std::string uid;         // 1 to 70 bytes of 0x21…0x7e (RFC 1939 7)
};

struct MailboxOptions {
  std::vector<std::string> capabilities = {"UIDL",       "TOP",        "USER",
                                           "RESP-CODES", "PIPELINING", "EXPIRE NEVER"};
  int max_errors = 20;
  Duration wait = std::chrono::minutes(10);  // RFC 1939 3
};

struct MailboxAction {
  enum class Kind : std::uint8_t {
    send,
    read,
    fetch,   // message `index` (from 0): content() in pieces, then content_end()
    update,  // QUIT: remove the messages of deleted(); then updated()
    close,
  };
  Kind kind = Kind::close;
  std::string bytes;
  Duration wait{};
  std::size_t max = 0;
  std::size_t index = 0;
  std::optional<std::uint64_t> lines;  // fetch for TOP: no more of the body is wanted
};

class MailboxMachine {
 public:
  MailboxMachine(std::vector<MessageEntry> messages, MailboxOptions options);

  [[nodiscard]] MailboxAction next();
  void received(std::string_view bytes);  // also what LoginMachine::take_rest() gave
  void ended();
  void timed_out();  // RFC 1939 3: without update

  // After fetch: true while more is wanted (TOP stops early); next() may say send in between.
  [[nodiscard]] bool content(std::string_view bytes);
  void content_end();
  // The message could not be read: before the first piece -ERR, later the connection must close.
  void content_failed();
  void updated(bool all_removed);
  void stop();

  [[nodiscard]] std::vector<std::size_t> deleted() const;
  [[nodiscard]] std::size_t held() const;

 private:
  // fetching: content is awaited. updating: the driver removes messages. closing: the rest is
  // written.
  enum class Stage : std::uint8_t {
    command,
    fetch_wanted,
    fetching,
    update_wanted,
    updating,
    closing
  };

  struct Command {
    std::string_view verb;
    void (MailboxMachine::*act)(std::string_view argument);
  };
  static const std::vector<Command>& commands();

  void stat(std::string_view argument);
  void list(std::string_view argument);
  void uidl(std::string_view argument);
  void retr(std::string_view argument);
  void top(std::string_view argument);
  void dele(std::string_view argument);
  void rset(std::string_view argument);
  void noop(std::string_view argument);
  void capa(std::string_view argument);
  void utf8(std::string_view argument);
  void quit(std::string_view argument);

  bool work();
  void listing(bool uids);
  [[nodiscard]] std::string entry(std::size_t index, bool uids) const;
  [[nodiscard]] std::optional<std::size_t> number(std::string_view argument) const;
  void start_fetch(std::size_t index, std::optional<std::uint64_t> lines);
  std::string_view cut(std::string_view bytes);
  void ok(std::string_view text);
  void error(std::string_view text);

  std::vector<MessageEntry> messages_;
  std::vector<bool> deleted_;
  MailboxOptions options_;
  Stage stage_ = Stage::command;
  LineReader lines_;
  std::string out_;
  smtp::DotWriter writer_;
  std::size_t index_ = 0;
  std::size_t listed_ = 0;                   // listing goes on from here
  std::optional<bool> listing_;              // under way: true for UIDL
  std::optional<std::uint64_t> lines_left_;  // TOP
  bool in_header_ = true;
  std::size_t line_length_ = 0;
  bool started_ = false;
  bool stopping_ = false;
  int errors_ = 0;
};

}  // namespace tandem::pop3
