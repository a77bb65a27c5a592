// POP3 before the log-in, server side (RFC 1939 4, 2449, 2595, 5034, 6856): greeting, CAPA,
// USER/PASS, APOP, AUTH, STLS, UTF8, QUIT. It can be used alone: the session proxy runs it, opens
// the home backend and takes the raw stream over together with the bytes read ahead (take_rest);
// the built-in server continues with MailboxMachine. No I/O: the driver does what next() says and
// tells the outcome. T-01, T-03, T-06, T-15, T-19. Never holds more than 16 KiB. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/protocol/pop3/line_reader.hpp"
#include "lib/protocol/sasl/sasl.hpp"

namespace tandem::pop3 {

struct LoginOptions {
  std::string host = "localhost";
  std::string greeting = "POP3 ready";
  bool tls_active = false;         // implicit TLS
  bool stls = false;               // offer it
  bool login_without_tls = false;  // loopback and tests only
  std::vector<std::string> auth_mechanisms = {"PLAIN"};
  // The greeting's timestamp for APOP, "<…@…>"; empty: no APOP. Fresh for each connection.
  std::string apop_banner;
  bool apop_without_tls = true;
  bool confirm_scram = false;                   // sasl::ServerSettings::confirm
  std::vector<std::string> extra_capabilities;  // "UIDL", "TOP" … what follows the log-in
  // Takes UTF8 (RFC 6856), for whom what follows the log-in serves messages so.
  bool utf8 = true;
  int max_errors = 5;
  Duration wait = std::chrono::seconds(60);  // per read; T-18's total is the driver's
};

// What a log-in asks. For APOP `digest` is set, and `answer` gives accept or refuse (the password
// is the policy's) or a secret to compare with.
struct LoginRequest {
  sasl::Request credential;
  std::string apop_digest;  // lower-case hex; empty: not APOP
  std::string apop_banner;
};

struct LoginAction {
  enum class Kind : std::uint8_t {
    send,
    read,
    verify,     // `request`: answer()
    start_tls,  // tls_started() or ended()
    logged_in,  // user() is in; nothing was sent: confirm() or reject() (the mailbox may be locked)
    close,
  };
  Kind kind = Kind::close;
  std::string bytes;
  Duration wait{};
  std::size_t max = 0;  // read: at most so many bytes
  LoginRequest request;
};

class LoginMachine {
 public:
  explicit LoginMachine(LoginOptions options);
  ~LoginMachine();

  [[nodiscard]] LoginAction next();
  void received(std::string_view bytes);
  void ended();
  void timed_out();
  void answer(const sasl::Answer& answer);
  void tls_started();
  // After logged_in: "+OK text" and done (next() says send, then close: the machine's part is over,
  // not the connection's; see done()); or "-ERR [code] text" and another try.
  void confirm(std::string_view text);
  void reject(std::string_view response_code, std::string_view text);
  void stop();  // shutdown: -ERR [SYS/TEMP] and close

  [[nodiscard]] bool done() const { return stage_ == Stage::done; }
  [[nodiscard]] const std::string& user() const { return user_; }
  [[nodiscard]] bool utf8() const { return utf8_; }
  // Bytes the client sent behind its log-in: they belong to the session that follows.
  [[nodiscard]] std::string take_rest() { return lines_.take_rest(); }
  [[nodiscard]] std::size_t held() const;

 private:
  // command: a command is awaited. sasl: a SASL response. verifying: the policy was asked.
  // accepted: logged_in was said. done: the log-in is confirmed. closing: the rest is written.
  enum class Stage : std::uint8_t { command, sasl, verifying, accepted, done, closing };

  struct Command {
    std::string_view verb;
    void (LoginMachine::*act)(std::string_view argument);
  };
  static const std::vector<Command>& commands();

  void capa(std::string_view argument);
  void user_command(std::string_view argument);
  void pass(std::string_view argument);
  void apop(std::string_view argument);
  void auth(std::string_view argument);
  void stls(std::string_view argument);
  void utf8_command(std::string_view argument);
  void quit(std::string_view argument);

  bool work();
  void run_line(std::string_view line);
  void sasl_line(std::string_view line);
  void run_step(const sasl::Step& step);
  void refused();
  void ok(std::string_view text);
  void error(std::string_view text, bool counts = true);
  [[nodiscard]] bool login_allowed() const {
    return options_.tls_active || options_.login_without_tls;
  }

  LoginOptions options_;
  Stage stage_ = Stage::command;
  LineReader lines_;
  std::string out_;
  std::string name_;  // of USER
  std::string user_;
  std::optional<LoginRequest> asked_;
  std::unique_ptr<sasl::ServerMechanism> mechanism_;
  bool tls_wanted_ = false;
  bool utf8_ = false;
  bool first_ = true;
  int errors_ = 0;
};

// RFC 1939 7: lower-case hex of MD5(banner + password).
[[nodiscard]] std::string apop_digest(std::string_view banner, std::string_view password);

}  // namespace tandem::pop3
