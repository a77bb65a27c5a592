// SASL (RFC 4422) without I/O, both sides: PLAIN (4616), LOGIN, CRAM-MD5 (2195), SCRAM-SHA-256
// (5802, 7677), OAUTHBEARER (7628) and XOAUTH2. Bytes here are decoded; base64 and the framing are
// the mail protocol's. A server mechanism never looks anything up: it asks (Request) and is told
// (Answer). Names and passwords are checked for NUL, control bytes and UTF-8 (a light SASLprep, RFC
// 4013: no normalisation). An input is at most 12288 bytes; nothing grows beyond that. Secrets are
// wiped when a mechanism goes and never occur in an error. Any thread, one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/protocol/sasl/scram_keys.hpp"

namespace tandem::sasl {

inline constexpr std::size_t max_input = 12288;  // RFC 4954 4

// What a server mechanism wants to be told.
struct Request {
  enum class Kind : std::uint8_t {
    verify_password,  // is `secret` the password of `user`? Answer accept, refuse or temporary
    verify_token,     // is `secret` a valid OAuth bearer token of `user`? Likewise
    need_password,    // is `digest` made of `challenge` and `user`'s password (CRAM-MD5; POP3's
                      // APOP)? Answer accept, refuse or temporary; or secret: the plain password
    need_scram,       // give `user`'s ScramKeys: likewise. For an unknown user refuse; the exchange
                      // goes on with made-up keys and fails at its end
    confirm,  // SCRAM, only if ServerSettings::confirm: the exchange is decided, see `proven`. If
              // so accept, refuse or temporary; if not, any answer, when the client may learn of it
  };
  Kind kind = Kind::verify_password;
  std::string mechanism;
  std::string user;      // authentication identity
  std::string identity;  // authorization identity, empty: the same
  std::string secret;
  std::string challenge;  // need_password
  std::string digest;     // need_password: lower-case hex; confirm: the proof as it was sent
  bool proven = false;    // confirm: the client has shown that it knows the secret
};

struct Answer {
  enum class Verdict : std::uint8_t { accept, refuse, temporary, secret };
  Verdict verdict = Verdict::refuse;
  std::string password = {};  // for need_password
  ScramKeys keys = {};        // for need_scram; with refuse, its salt is the one to be shown
  // Keys of a second password that is as good, of the same salt and iterations; empty: none.
  ScramKeys other_keys = {};

  static Answer accept() { return {.verdict = Verdict::accept}; }
  static Answer refuse() { return {.verdict = Verdict::refuse}; }
  static Answer temporary() { return {.verdict = Verdict::temporary}; }
};

// What the protocol does next.
struct Step {
  enum class Kind : std::uint8_t {
    challenge,  // send `data`, then step() with the answer
    ask,        // put `request` to the credential source, then answer()
    success,    // user() is authenticated
    failure,    // refused or malformed
    temporary,  // the credential source could not say
  };
  Kind kind = Kind::failure;
  std::string data;
  Request request;
};

class ServerMechanism {
 public:
  virtual ~ServerMechanism() = default;
  // `initial` is the initial response; none: the client sent none (an empty one is "=" on the
  // wire).
  virtual Step start(std::optional<std::string_view> initial) = 0;
  virtual Step step(std::string_view input) = 0;
  virtual Step answer(const Answer& answer) = 0;
  // The name to act as, valid after success.
  [[nodiscard]] const std::string& user() const { return user_; }

 protected:
  std::string user_;
};

struct ServerSettings {
  std::string host;       // our name, for CRAM-MD5 challenges
  std::string nonce;      // SCRAM and CRAM-MD5; empty: random
  std::string timestamp;  // decimal seconds for CRAM-MD5; may be empty
  bool confirm = false;   // SCRAM asks once more when it knows the outcome
};

// Null: no such mechanism. Names compare without regard to case.
[[nodiscard]] std::unique_ptr<ServerMechanism> make_server(std::string_view name,
                                                           const ServerSettings& settings);

struct Credentials {
  std::string user;
  std::string identity;  // authorization identity, empty: none
  std::string password;
  std::string token;  // OAuth access token; empty: use the password
  std::string host;   // the server, for OAUTHBEARER
  std::uint16_t port = 0;
  std::string nonce;  // SCRAM; empty: random
};

class ClientMechanism {
 public:
  virtual ~ClientMechanism() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  // The first message, where the client speaks first; none: wait for the server's challenge.
  virtual std::optional<std::string> initial() = 0;
  // The answer to a challenge. Error protocol or authentication: cancel the exchange.
  virtual Result<std::string> step(std::string_view challenge) = 0;
  // True: the server's success may be believed (SCRAM: its signature was checked).
  [[nodiscard]] virtual bool complete() const { return true; }
};

[[nodiscard]] std::unique_ptr<ClientMechanism> make_client(std::string_view name,
                                                           const Credentials& credentials);
// The best of what the server offers for these credentials. Without `secure` (TLS or loopback) only
// mechanisms that do not show the secret; for somebody else (`identity`) only those that can say
// so: any other would open the mailbox of the one who acts. Empty: none fits.
[[nodiscard]] std::string choose(const std::vector<std::string>& offered,
                                 const Credentials& credentials, bool secure);

// RFC 2195 2: lower-case hex.
[[nodiscard]] std::string cram_md5_digest(std::string_view challenge, std::string_view password);

// UTF-8 without control bytes, 1 to 1024 bytes (T-19, T-21).
[[nodiscard]] bool is_clean(std::string_view text);

}  // namespace tandem::sasl
