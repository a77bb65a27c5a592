// The client's half of SMTP and LMTP, without I/O: one operation at a time. Begin it (open, mail,
// rcpt …), then do what next() says until it says done:
//   send → write the bytes; read → received() or failed(); start_tls → tls_started(); done →
//   take().
// The outcome is the server's replies, whatever their codes; an Error means the session is
// unusable. Addresses and names are checked before they are written: no caller can inject a line
// (T-21). T-02, T-04, T-05 (no fall-back after a failed handshake), T-20, T-30. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "lib/protocol/smtp/capabilities.hpp"
#include "lib/protocol/smtp/command.hpp"
#include "lib/protocol/smtp/dot_writer.hpp"
#include "lib/protocol/smtp/reply.hpp"
#include "lib/protocol/smtp/xclient.hpp"

namespace tandem::smtp {

// RFC 5321 4.5.3.2.
struct ClientWaits {
  Duration greeting = std::chrono::minutes(5);
  Duration command = std::chrono::minutes(5);  // EHLO, MAIL, RCPT, AUTH, RSET
  Duration data_start = std::chrono::minutes(2);
  Duration data_block = std::chrono::minutes(3);
  Duration data_end = std::chrono::minutes(10);
  Duration quit = std::chrono::seconds(10);
};

struct ClientOptions {
  enum class Tls : std::uint8_t { never, opportunistic, required };

  std::string host = "localhost";  // our name in EHLO
  bool lmtp = false;
  Tls tls = Tls::required;
  bool tls_active = false;          // implicit TLS
  bool secret_without_tls = false;  // loopback and tests only
  std::optional<sasl::Credentials> credentials;
  // Whom we speak for: told by XCLIENT, before AUTH, to a server that offers it, else by XFORWARD.
  // One that then refuses it is not told, and the session goes on as our own.
  std::optional<ClientIdentity> client;
  Origin origin = Origin::other;  // whose side errors are
  ClientWaits waits;
};

struct ClientAction {
  enum class Kind : std::uint8_t { send, read, start_tls, done };
  Kind kind = Kind::done;
  std::string bytes;
  Duration wait{};  // read, and send: no longer than this
};

class ClientMachine {
 public:
  explicit ClientMachine(ClientOptions options);
  ~ClientMachine();

  // Operations. Each needs the one before to be done.
  void open();  // greeting, EHLO/LHLO (HELO), STARTTLS, XCLIENT, AUTH
  // For the next message of a session whose server was told: XCLIENT and EHLO in the client's name,
  // or XFORWARD. A refusal is an Error: the session still speaks for somebody else.
  void forward(const ClientIdentity& client);
  void mail(const MailCommand& command);
  void rcpt(const RcptCommand& command);
  // MAIL, the RCPTs and, if `with_data`, DATA: in one group where the server pipelines, else one
  // after another (a refused MAIL ends it early). The replies come in this order.
  void envelope(const MailCommand& mail, const std::vector<RcptCommand>& rcpts, bool with_data);
  void data();      // 354: content may follow
  void data_end();  // the final replies: one, or with LMTP one per accepted recipient
  void rset();
  void noop();
  void quit();
  // The server took the client's identity: what is said in this session is said for it.
  [[nodiscard]] bool forwarded() const { return forwarded_; }
  // Other single lines with one reply; `line` without line end.
  void command(std::string_view line);

  // Content between a 354 and data_end(): appends the stuffed bytes to `out`.
  void content(std::string_view bytes, std::string& out) { writer_.write(bytes, out); }

  [[nodiscard]] ClientAction next();
  void received(std::string_view bytes);
  void failed(Error error);  // closed, timed out, TLS
  void tls_started();
  [[nodiscard]] Result<std::vector<Reply>> take();
  // After an Error: the replies that had come before it. With LMTP they stand (RFC 2033 4.2).
  [[nodiscard]] std::vector<Reply> take_early_replies() { return std::exchange(replies_, {}); }

  [[nodiscard]] const Capabilities& capabilities() const { return capabilities_; }
  // The server takes no further message in this session (RFC 9422 4.1, MAILMAX).
  [[nodiscard]] bool spent() const {
    return capabilities_.mail_max && mails_ >= *capabilities_.mail_max;
  }
  // False after an Error, a 421 or QUIT: only closing is left.
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] bool tls_active() const { return options_.tls_active; }
  [[nodiscard]] std::size_t accepted() const { return accepted_; }  // RCPTs of this transaction
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  // For a proxy that takes the stream over: what was read beyond the last reply.
  [[nodiscard]] std::string take_rest() { return std::exchange(rest_, {}); }
  [[nodiscard]] bool has_rest() const { return !rest_.empty(); }

 private:
  enum class Expect : std::uint8_t {
    greeting,
    ehlo,
    helo,
    starttls,
    xclient,
    xforward,
    auth,
    mail,
    rcpt,
    data,
    end,
    plain,
    quit
  };
  struct Pending {
    std::string line;  // still to be written; empty: written
    Expect expect;
  };

  void begin();
  void expect(std::string line, Expect kind);
  void on_reply(Expect kind, Reply reply);
  void on_greeting(const Reply& reply);
  void on_ehlo(const Reply& reply);
  void on_starttls(const Reply& reply);
  void on_xclient(const Reply& reply);
  void on_xforward(const Reply& reply);
  void on_auth(const Reply& reply);
  void after_ehlo();
  void after_tls();
  bool say_client();
  void say_next_line(Expect kind);
  [[nodiscard]] const std::string& name() const;  // for EHLO
  void send_ehlo();
  void start_auth();
  void refuse(ErrorKind kind, std::string what, const Reply* reply = nullptr);
  [[nodiscard]] Duration wait_for(Expect kind) const;

  ClientOptions options_;
  Capabilities capabilities_;
  ReplyParser parser_;
  std::string rest_;  // read beyond the reply that was waited for
  std::string out_;
  std::deque<Pending> pending_;
  std::size_t written_ = 0;  // of pending_, how many await their reply
  std::vector<Reply> replies_;
  std::optional<Error> error_;
  std::unique_ptr<sasl::ClientMechanism> mechanism_;
  DotWriter writer_;
  bool usable_ = true;
  bool tls_wanted_ = false;
  bool mail_refused_ = false;
  bool logged_in_ = false;
  bool helo_ = false;  // EHLO was refused
  bool client_said_ = false;
  bool client_told_ = false;  // at least its address was taken
  bool forwarded_ = false;
  bool by_xforward_ = false;  // the session itself stays our own
  std::deque<std::string> client_lines_;
  std::size_t accepted_ = 0;
  std::uint64_t mails_ = 0;  // MAIL commands in this session
};

}  // namespace tandem::smtp
