// The server's half of SMTP (RFC 5321; 1870, 2034, 2920, 3030, 3207, 3461, 4954, 6152, 6531) and of
// LMTP (RFC 2033), without I/O. The driver asks next() what to do, does it, and tells the outcome:
//   send → sent nothing back; read → received(), ended() or timed_out(); ask → answer…();
//   start_tls → tls_started(); close → the end.
// Syntax, sequence, framing, limits and counting are here; every decision about a host, an address
// or a message is a Question for the policy. Statements T-01, T-03, T-06, T-08…T-15 of
// docs/security. Holds at most 16 KiB before a message's content begins, and hands content on in
// pieces of at most 64 KiB. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "lib/protocol/smtp/command.hpp"
#include "lib/protocol/smtp/dot_reader.hpp"
#include "lib/protocol/smtp/reply.hpp"
#include "lib/protocol/smtp/xclient.hpp"

namespace tandem::smtp {

struct ServerOptions {
  std::string host = "localhost";  // our name in greeting and EHLO
  bool lmtp = false;
  bool tls_active = false;        // implicit TLS
  bool starttls = false;          // offer it
  bool require_tls = false;       // nothing but EHLO, NOOP, QUIT, STARTTLS before TLS (RFC 3207 4)
  bool require_auth = false;      // MAIL only after AUTH (submission)
  bool auth_without_tls = false;  // loopback and tests only
  std::vector<std::string> auth_mechanisms;  // empty: no AUTH
  bool confirm_scram = false;                // sasl::ServerSettings::confirm
  bool chunking = true;
  bool eight_bit_mime = true;
  bool smtputf8 = true;
  bool dsn = true;
  bool require_tls_extension = false;  // REQUIRETLS, RFC 8689
  bool xclient = false;                // this peer may say for whom it speaks (T-22)
  bool limits = false;                 // LIMITS RCPTMAX with max_recipients, RFC 9422
  BodyLimits body;                     // body.size is announced as SIZE
  FramingPolicy framing = FramingPolicy::normalise;
  std::size_t max_recipients = 1000;
  int max_errors = 5;
  Duration command_wait = std::chrono::minutes(5);  // RFC 5321 4.5.3.2.7
  Duration data_wait = std::chrono::minutes(3);     // RFC 5321 4.5.3.2.5
};

struct Question {
  enum class Kind : std::uint8_t {
    connect,        // greet? 220, or a refusal that ends the session
    helo,           // HeloCommand
    xclient,        // ClientIdentity: 220, as a new session of that client, or a refusal
    mail,           // MailCommand
    rcpt,           // RcptCommand
    data_start,     // 354 (or any 2xx/3xx): content follows; else the refusal
    chunk,          // `chunk` of clean content, ≤ 64 KiB: answer_chunk
    end,            // content is complete: answer with one Reply (LMTP: one per accepted recipient)
    abort,          // the transaction ended without `end`: done()
    auth,           // sasl::Request: answer_auth
    authenticated,  // `text` is the user: 235 or a refusal
    vrfy,           // `text` is the argument
    quit,           // for the record: done()
  };
  Kind kind = Kind::connect;
  std::variant<std::monostate, HeloCommand, ClientIdentity, MailCommand, RcptCommand, sasl::Request>
      what;
  std::string text;
  std::string_view chunk;  // valid until answered
};

struct ServerAction {
  enum class Kind : std::uint8_t { send, read, ask, start_tls, close };
  Kind kind = Kind::close;
  std::string bytes;    // send
  Duration wait{};      // read: no longer than this
  std::size_t max = 0;  // read: at most so many bytes at a time
  Question question;    // ask
};

class ServerMachine {
 public:
  explicit ServerMachine(ServerOptions options);
  ~ServerMachine();

  [[nodiscard]] ServerAction next();

  void received(std::string_view bytes);  // at most the action's `max`
  void ended();                           // the peer closed, or the connection broke
  void timed_out();                       // 421 4.4.2 and close
  void answer(const Reply& reply);
  void answer(const std::vector<Reply>& replies);
  void answer_chunk(bool taken);  // false: the rest is read and dropped, then `end` is asked
  void answer_auth(const sasl::Answer& answer);
  void done() {}  // after abort and quit
  void tls_started();
  // Shutdown: 421 4.3.2 as soon as no transaction is past its dot or inside its content.
  void stop();

  // Between commands, no transaction open: nothing is lost by a 421.
  [[nodiscard]] bool between_transactions() const;
  [[nodiscard]] bool in_content() const { return content_ != Content::none; }
  // Logged in, or past a first accepted MAIL: T-18's total limit no longer applies.
  [[nodiscard]] bool settled() const { return settled_; }
  // It was closed for that (ServerOptions::max_errors).
  [[nodiscard]] bool made_too_many_errors() const { return errors_ >= options_.max_errors; }
  // Application memory held now (T-15).
  [[nodiscard]] std::size_t held() const;
  // Bare CR, LF and NUL seen in all messages so far (T-10).
  [[nodiscard]] const DotReader::Counts& framing_counts() const { return counts_; }
  [[nodiscard]] bool tls_active() const { return options_.tls_active; }
  // Bytes were received that no command has used yet.
  [[nodiscard]] bool has_input() const { return !in_.empty(); }
  // For a proxy that takes the stream over after AUTH: what was read and not yet used.
  [[nodiscard]] std::string take_rest() { return std::exchange(in_, {}); }

 private:
  // connecting: the policy decides on the greeting. fresh: greeted, no HELO. ready: HELO accepted.
  // mail: MAIL accepted. rcpt: at least one RCPT accepted. bdat: at least one chunk taken.
  // closing: what is left is written, then the end.
  enum class State : std::uint8_t { connecting, fresh, ready, mail, rcpt, bdat, closing };
  // What the input is: commands; DATA content; a chunk; a chunk that is dropped; a SASL response.
  enum class Content : std::uint8_t { none, dots, chunk, drop, sasl };

  struct Command {
    std::string_view verb;
    unsigned states;  // bit per State
    bool last;        // RFC 2920 3.1: nothing may be pipelined behind it
    void (ServerMachine::*act)(std::string_view argument);
  };
  static const std::vector<Command>& commands();

  // commands
  void helo(std::string_view argument);
  void ehlo(std::string_view argument);
  void lhlo(std::string_view argument);
  void xclient(std::string_view argument);
  void mail(std::string_view argument);
  void rcpt(std::string_view argument);
  void data(std::string_view argument);
  void bdat(std::string_view argument);
  void rset(std::string_view argument);
  void noop(std::string_view argument);
  void quit(std::string_view argument);
  void vrfy(std::string_view argument);
  void expn(std::string_view argument);
  void help(std::string_view argument);
  void starttls(std::string_view argument);
  void auth(std::string_view argument);

  bool work();  // takes a piece of input; false: more is needed
  bool take_line();
  void run_line(std::string_view line);
  void run_command(const Command& command, std::string_view argument);
  bool refuse_early(const Command& command);
  void greet(std::string_view argument, bool extended);
  Reply ehlo_reply(const Reply& reply) const;
  bool auth_offered() const;

  // content
  bool take_content();
  bool take_dropped();
  void begin_content(Content content);
  void drained_too_much();
  void content_complete();
  void chunk_complete();
  void finish_message();
  std::optional<Reply> framing_refusal() const;
  void reply_for_message(const Reply& reply);

  // answers
  void answered_connect(const Reply& reply);
  void answered_helo(const Reply& reply);
  void answered_xclient(const Reply& reply);
  void answered_data_start(const Reply& reply);
  void answered_end(const std::vector<Reply>& replies);

  // SASL
  void run_step(const sasl::Step& step);
  void sasl_line(std::string_view line);
  void auth_failed(const Reply& reply);

  void say(const Reply& reply);
  void error(int code, std::string_view enhanced, std::string_view text);
  void count_error();
  void close_with(int code, std::string_view enhanced, std::string_view text);
  void ask(Question question);
  void end_transaction(bool abort);
  [[nodiscard]] bool in_transaction() const;
  ParameterSet parameters() const;

  ServerOptions options_;
  State state_ = State::connecting;
  Content content_ = Content::none;
  std::string in_;
  std::string out_;
  std::deque<Question> questions_;
  std::optional<Question::Kind> asked_;
  bool discarding_line_ = false;  // the rest of an over-long line is dropped
  bool tls_wanted_ = false;
  bool stopping_ = false;
  bool any_command_ = false;
  bool settled_ = false;
  int errors_ = 0;

  HeloCommand helo_;
  bool smtputf8_ = false;       // of this transaction
  std::size_t recipients_ = 0;  // asked for
  std::size_t accepted_ = 0;
  std::unique_ptr<DotReader> reader_;
  std::string chunk_;
  bool refused_chunk_ = false;  // the policy took no more content
  bool bdat_failed_ = false;    // RFC 3030 2: further chunks of this message are dropped
  bool last_chunk_ = false;
  std::uint64_t chunk_left_ = 0;
  std::uint64_t drained_ = 0;  // bytes read for nothing in this message
  DotReader::Counts counts_;
  std::unique_ptr<sasl::ServerMechanism> mechanism_;
  bool authenticated_ = false;
};

}  // namespace tandem::smtp
