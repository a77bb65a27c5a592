// The loop of one SMTP, LMTP or submission session: a Stream, the server machine and a policy.
// Reads into a buffer that an idle session does not own; content reaches the policy in pieces of at
// most 64 KiB and the next piece is read only when the policy has taken the last: a slow upstream
// slows the client down, and a message of any size costs the same memory.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/net/stream.hpp"
#include "lib/protocol/smtp/server_machine.hpp"

namespace tandem::net {

class TaskGroup;

// What one session asks. An instance serves one session; the order of calls is
//   on_connect, on_helo, { on_mail, on_rcpt…, on_data_start, on_chunk…, on_end | on_abort }…
// A Reply of 421 ends the session after it was written. A reply's text never comes from the client.
class SmtpPolicy {
 public:
  virtual ~SmtpPolicy() = default;

  virtual Task<smtp::Reply> on_connect(const ConnectionInfo& info);  // 220 (text: after our name)
  virtual Task<smtp::Reply> on_helo(smtp::HeloCommand command);      // 250 (text: after our name)
  // Only of a peer with ServerOptions::xclient; 220: it is that client from now on. Default:
  // refuse.
  virtual Task<smtp::Reply> on_xclient(smtp::ClientIdentity client);
  virtual Task<smtp::Reply> on_mail(smtp::MailCommand command) = 0;
  virtual Task<smtp::Reply> on_rcpt(smtp::RcptCommand command) = 0;
  // Before 354, or before the first BDAT chunk: 354 goes on, 4yz/5yz refuses (452 4.3.1: disk
  // full).
  virtual Task<smtp::Reply> on_data_start();
  // Clean content: lines end with CRLF, no bare CR, LF or NUL, not dot-stuffed. `chunk` is valid
  // until it returns. An error: no more chunks come, the rest is read away, then on_end gives the
  // reply (a positive one is replaced by 451 4.3.0).
  virtual Task<Result<void>> on_chunk(std::string_view chunk) = 0;
  // SMTP: one reply. LMTP: one per accepted recipient, in their order.
  virtual Task<std::vector<smtp::Reply>> on_end() = 0;
  // The transaction ended without on_end: RSET, EHLO, QUIT, refused framing or size, broken
  // connection.
  virtual Task<void> on_abort() = 0;

  // The client has read all answers to on_end so far: it said something after they had left, and
  // had said nothing more before. What it says does not count, not even QUIT (one that gave up
  // waiting says it too), only when; RFC 2920 lets it speak before it has read.
  virtual void on_answer_read() {}

  // Asked only where AUTH is offered (ServerOptions::auth_mechanisms). Default: refuse.
  virtual Task<sasl::Answer> on_auth(sasl::Request request);
  virtual Task<smtp::Reply> on_authenticated(std::string user);  // 235
  virtual Task<smtp::Reply> on_vrfy(std::string argument);       // 252
  // It said QUIT and is about to be told goodbye. Default: nothing.
  virtual Task<void> on_quit();
};

// Before the refusals of somebody nobody knows: who guesses addresses has time for few.
inline constexpr Duration pause_for_strangers = std::chrono::seconds(1);

struct SmtpServerOptions {
  smtp::ServerOptions protocol;  // `starttls` is set by the driver: true where `tls` is given
  std::shared_ptr<const TlsServer> tls;
  Duration greet_pause{0};  // how long the client must keep silent before the banner (T-13)
  // How long a refusal (5yz) waits before it is said, from the second of a session on; 0: not at
  // all.
  Duration error_pause{0};
  Duration login_limit =
      std::chrono::seconds(60);  // T-18: in all, until AUTH or a first MAIL; 0: none
  // Its request_stop says 421 4.3.2 between transactions; null: none. Must outlive the session.
  TaskGroup* group = nullptr;
};

// Serves until the end; the stream is closed then. Never throws for what the network does.
Task<void> serve_smtp(Stream& stream, SmtpServerOptions options, SmtpPolicy& policy);

// The same for a conversation that somebody else has begun (a proxy, up to the 235): `machine`
// waits for the next command. Of the options the limits before log-in are over, and `protocol` is
// what the machine was made with. Returns when the last word is written; the caller ends the stream
// (say_goodbye).
Task<void> go_on_with_smtp(Stream& stream, smtp::ServerMachine& machine, SmtpServerOptions options,
                           SmtpPolicy& policy);

}  // namespace tandem::net
