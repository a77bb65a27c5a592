// Backend: logs a person in at a side's server and hands the connection over. One credential, one
// server, one attempt. Nothing secret is sent before the connection is as safe as the endpoint
// demands: a PREAUTH greeting, a missing or refused STARTTLS, a bad certificate or bytes ahead of
// the handshake end it (T-02, T-04, T-05); there is no second try in the clear.
//
// The mechanism is the best that the server offers for the credential (sasl::choose); LOGIN, USER
// where it offers none.
//
// Errors: kind authentication: the server refused this credential. Anything else: it could not be
// asked, or said itself that it cannot answer now; the person may be right. No error text holds a
// secret.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/base/secret.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/endpoint.hpp"
#include "lib/net/pop3_client.hpp"
#include "lib/net/smtp_client.hpp"
#include "lib/net/stream.hpp"
#include "lib/protocol/smtp/xclient.hpp"

namespace tandem::session {

using net::Task;

struct BackendLogin {
  std::string name;
  std::string act_as;  // authorization identity; empty: the same
  Secret password;
  Secret token;  // OAuth, instead of a password; only for a server that offers it
  // The person has not shown the password to us (SCRAM, CRAM-MD5, APOP), so we show it to nobody
  // who could be overheard: over a socket without TLS only mechanisms that hide it (T-30).
  bool keep_hidden = false;
  // The side's master user speaks for a person whom we know: a refusal says nothing about the
  // person.
  bool by_master = false;
};

struct Backend {
  net::StreamPtr stream;  // POP3, submission: null until released from the client
  std::optional<net::Pop3Client> pop3;
  std::unique_ptr<net::SmtpClient> smtp;
  std::string rest;          // read beyond the answer to the log-in: the client's
  std::string capabilities;  // IMAP: its own, after log-in, for our tagged OK
};

// For whom a session is, as a server that trusts us is told: the connection's address (or the one
// in a header of somebody we trust), never what the client says of itself (T-24).
struct SessionOrigin {
  smtp::ClientIdentity client;
  std::string local_address;  // where it came in
  std::uint16_t local_port = 0;
  unsigned hops_left = 5;  // proxies it may still pass, this one included (T-26)
};

struct BackendOptions {
  std::string hostname;                       // ours, for EHLO
  Duration limit = std::chrono::seconds(20);  // to connect; and for each answer
  // Told before the log-in by ID (IMAP) or XCLIENT (POP3, submission) where offered; nothing: not
  // told.
  std::optional<SessionOrigin> origin;
};

// `endpoint.protocol`: imap, pop3 or submission.
[[nodiscard]] Task<Result<Backend>> open_backend(const net::Connector& connector,
                                                 net::Endpoint endpoint, BackendLogin login,
                                                 BackendOptions options);

}  // namespace tandem::session
