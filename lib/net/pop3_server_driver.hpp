// The loops of a POP3 session's two halves. serve_pop3_login runs everything before the log-in and
// returns who is in, with the bytes read ahead: the session proxy then takes the raw stream over.
// serve_pop3_mailbox goes on with a mailbox of our own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/stream.hpp"
#include "lib/protocol/pop3/login_machine.hpp"
#include "lib/protocol/pop3/mailbox_machine.hpp"

namespace tandem::net {

class TaskGroup;

class Pop3LoginPolicy {
 public:
  virtual ~Pop3LoginPolicy() = default;
  // USER/PASS, APOP and AUTH alike. APOP: compare request.apop_digest yourself, or give the
  // password.
  virtual Task<sasl::Answer> on_login(pop3::LoginRequest request) = 0;
  // The credentials are right: open what is behind them. The text of +OK, or an Error: [IN-USE] for
  // conflict, else [SYS/TEMP] or [SYS/PERM]; the client may try again. Default: "Logged in".
  virtual Task<Result<std::string>> on_logged_in(std::string user);
};

struct Pop3LoginOptions {
  pop3::LoginOptions protocol;  // tls_active and stls are set by the driver
  std::shared_ptr<const TlsServer> tls;
  Duration login_limit = std::chrono::seconds(60);  // T-18: in all
  TaskGroup* group = nullptr;                       // its request_stop ends a waiting log-in
};

struct Pop3Login {
  std::string user;
  std::string rest;  // bytes the client sent behind its log-in
  bool utf8 = false;
};

// Nothing: the session is over and the stream closed.
Task<std::optional<Pop3Login>> serve_pop3_login(Stream& stream, Pop3LoginOptions options,
                                                Pop3LoginPolicy& policy);

class Pop3Mailbox {
 public:
  virtual ~Pop3Mailbox() = default;
  // Message `index` is about to be read; with `lines`, no more of its body than that.
  virtual void begin(std::size_t /*index*/, std::optional<std::uint64_t> /*lines*/) {}
  // A piece of message `index` from `offset` on, at most 64 KiB; empty: the end.
  virtual Task<Result<std::string>> read(std::size_t index, std::uint64_t offset) = 0;
  // At QUIT: removes these messages. False: some remain.
  virtual Task<bool> remove(std::vector<std::size_t> indexes) = 0;
  // Nothing more will be asked; only the client's connection is still to be ended.
  virtual void over() {}
};

// Until QUIT or the end; the stream is closed then.
Task<void> serve_pop3_mailbox(Stream& stream, std::string rest,
                              std::vector<pop3::MessageEntry> messages, Pop3Mailbox& mailbox,
                              pop3::MailboxOptions options, TaskGroup* group);

}  // namespace tandem::net
