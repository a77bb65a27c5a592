// The client's half of POP3 (RFC 1939, 2449, 2595, 5034), without I/O: one operation at a time.
// Begin it, do what next() says until done, then take(). Multi-line answers are un-stuffed and
// handed out in pieces (lines() for listings, content for RETR and TOP). T-02, T-04, T-20, T-21.
// One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/protocol/pop3/line_reader.hpp"
#include "lib/protocol/sasl/sasl.hpp"

namespace tandem::pop3 {

struct ClientOptions {
  enum class Tls : std::uint8_t { never, required };
  Tls tls = Tls::required;
  bool tls_active = false;
  bool secret_without_tls = false;  // loopback and tests only
  Origin origin = Origin::other;
  Duration wait = std::chrono::minutes(2);  // per read
  std::size_t max_messages = 1'000'000;
};

struct ClientCapabilities {
  bool known = false;  // CAPA was understood
  bool stls = false, user = false, uidl = false, top = false, pipelining = false, utf8 = false;
  bool apop = false;     // by the greeting; the server may refuse it all the same
  bool xclient = false;  // said in the greeting (Dovecot's, to whom it trusts)
  std::vector<std::string> sasl;
};

// For whom a session is, told before its log-in to a server that trusts us (Dovecot's XCLIENT).
struct SessionClient {
  std::string address;  // "192.0.2.1", "2001:db8::1"
  std::uint16_t port = 0;
  unsigned hops_left = 0;  // proxies behind us that it may pass
};

struct ListEntry {
  std::uint64_t number = 0;
  std::string value;  // UIDL: the id; LIST: the size in decimal
};

struct ClientAction {
  enum class Kind : std::uint8_t {
    send,
    read,
    start_tls,
    content,  // `bytes` of a RETR or TOP: clean lines, un-stuffed
    done,
  };
  Kind kind = Kind::done;
  std::string bytes;
  Duration wait{};
};

// The commands' lines.
[[nodiscard]] std::string retrieve_line(std::uint64_t number);
[[nodiscard]] std::string top_line(std::uint64_t number, std::uint64_t lines);

class ClientMachine {
 public:
  explicit ClientMachine(ClientOptions options);
  ~ClientMachine();

  void open();  // greeting, CAPA, STLS where required, CAPA again
  void forward(const SessionClient& client);
  // SASL where offered, else APOP where the greeting allows it (and `apop`), else USER and PASS.
  void login(const sasl::Credentials& credentials, bool apop = true);
  void stat();
  void uidl();
  void list();
  void retrieve(std::uint64_t number);
  void top(std::uint64_t number, std::uint64_t lines);
  // Sends the command now, ahead of its turn (RFC 2449 6.8); retrieve() and top() then only take
  // the answer. The next operations have to be these, in this order, or skip(). Does nothing where
  // the server does not offer PIPELINING. Few at a time: what is sent has to fit into the
  // connection while the server waits for us to read.
  void retrieve_ahead(std::uint64_t number);
  void top_ahead(std::uint64_t number, std::uint64_t lines);
  // Takes the answer of the first command that was sent ahead, to be thrown away.
  void skip();
  [[nodiscard]] bool is_ahead() const { return !ahead_.empty(); }
  [[nodiscard]] bool is_next_ahead(std::string_view line) const {
    return is_ahead() && ahead_.front() == line;
  }
  void dele(std::uint64_t number);
  void noop();
  void rset();
  void quit();  // the server removes what was DELEd

  [[nodiscard]] ClientAction next();
  void received(std::string_view bytes);
  void failed(Error error);
  void tls_started();

  // The text behind +OK. -ERR is Error refused (or authentication) with the server's words and
  // leaves the session usable.
  [[nodiscard]] Result<std::string> take();
  // Of UIDL or LIST, in the server's order.
  [[nodiscard]] std::vector<ListEntry> take_entries();
  [[nodiscard]] bool usable() const { return usable_; }
  [[nodiscard]] const ClientCapabilities& capabilities() const { return capabilities_; }
  [[nodiscard]] const ClientOptions& options() const { return options_; }
  // After a log-in, for a proxy that takes the stream over: what was read beyond the answer.
  [[nodiscard]] std::string take_rest() { return lines_.take_rest(); }

 private:
  // What the next line is. status: +OK or -ERR of `step_`; the others are lines of a multi-line
  // answer.
  enum class Expect : std::uint8_t { nothing, status, capa, entries, content };
  enum class Step : std::uint8_t { greeting, capa, stls, auth, user, pass, command, multi, quit };

  void begin();
  void say(std::string line, Step step);
  void work();
  void on_line(std::string_view line);
  void on_status(std::string_view line);
  void on_ok(std::string_view text);
  void on_refused(std::string_view text);
  void on_capability(std::string_view line);
  void on_entry(std::string_view line);
  void on_challenge(std::string_view text);
  void after_capa();
  void multi(std::string line, Expect then);
  void send_ahead(std::string line);
  void refuse(ErrorKind kind, std::string what, std::string_view words = {}, bool fatal = true);

  ClientOptions options_;
  ClientCapabilities capabilities_;
  LineReader lines_;
  std::string out_, content_, text_, banner_;
  Expect expect_ = Expect::nothing;
  Expect then_ = Expect::nothing;  // after +OK
  Step step_ = Step::greeting;
  std::deque<std::string> ahead_;  // commands sent, whose answers nobody took yet
  std::vector<ListEntry> entries_;
  std::optional<Error> error_;
  sasl::Credentials credentials_;
  std::unique_ptr<sasl::ClientMechanism> mechanism_;
  bool usable_ = true;
  bool tls_wanted_ = false;
  bool trusted_ = false;  // by its greeting
  std::size_t capability_lines_ = 0;
};

}  // namespace tandem::pop3
