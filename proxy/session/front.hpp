// Fronts: the client's side of a session until it is logged in. Each speaks its protocol with a
// machine of lib/protocol, asks Admission, and ends either with a backend to be connected to or
// with the session over and its stream closed.
//
// The client has SessionOptions::login_limit for its part in all (T-18); the time that Admission
// takes does not count against it. The group's request_stop ends a front at its next wait.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/tls.hpp"
#include "lib/protocol/smtp/server_machine.hpp"
#include "proxy/session/admission.hpp"
#include "proxy/session/pop3_ids.hpp"

namespace tandem::session {

struct Door {
  Admission& admission;
  const SessionOptions& options;
  std::shared_ptr<const net::TlsServer> tls;  // for STARTTLS; null: not offered
  net::TaskGroup& group;
  Pop3Ids& pop3_ids;
};

struct Joined {
  Admitted admitted;
  std::string to_backend;  // what the client sent behind its log-in
  // POP3 with ids of our own (then the backend is still in `pop3`); nothing: bytes are passed on.
  std::optional<std::vector<Pop3Shown>> shown = {};
  // For the desk: what the log-in began; its 235 is still to be sent.
  std::unique_ptr<smtp::ServerMachine> conversation = {};
};

[[nodiscard]] Task<std::optional<Joined>> imap_front(net::Stream& client, Door door);
[[nodiscard]] Task<std::optional<Joined>> pop3_front(net::Stream& client, Door door);
[[nodiscard]] Task<std::optional<Joined>> submission_front(net::Stream& client, Door door);

// May this client send a password without TLS?
[[nodiscard]] bool may_log_in_without_tls(const net::Stream& client, const SessionOptions& options);

// The client's time before log-in.
class LoginTime {
 public:
  LoginTime(net::Stream& client, const Clock& clock, Duration limit)
      : client_(client), clock_(clock), end_(clock.steady() + limit) {}

  // For what the client does next.
  void arm() { client_.expires_after(std::max(Duration(0), end_ - clock_.steady())); }
  // Between the two, time is ours.
  void pause() {
    client_.expires_never();
    paused_ = clock_.steady();
  }
  void resume() { end_ += clock_.steady() - paused_; }

 private:
  net::Stream& client_;
  const Clock& clock_;
  SteadyTime end_;
  SteadyTime paused_{};
};

}  // namespace tandem::session
