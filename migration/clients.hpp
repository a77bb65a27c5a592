// What the page and the command line see of people's mail programs: plain values, made on request.
// The session proxy implements the view; webui/ reads it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

// One mail program of one person, as its log-ins told. All texts are fit to be shown (T-21), none
// holds a password (T-27).
struct ClientSeen {
  AccountId account = 0;
  std::string protocol;     // "imap", "pop3", "submission"
  std::string client;       // of IMAP ID: name and version; empty: not said
  std::string mechanism;    // "LOGIN", "PLAIN", "USER", "CRAM-MD5", "APOP" …
  std::string tls_version;  // "TLSv1.3"; empty: in the clear
  std::string host_name;    // the name it asked for (SNI)
  std::string address;      // where it came from last
  WallTime first_seen{};
  WallTime last_seen{};
  std::uint64_t log_ins = 0;
  std::string problem;  // why it could not log in ("no stored password"); empty: it could
};

class ClientView {  // implemented by proxy/session
 public:
  virtual ~ClientView() = default;
  // In no order. Any thread.
  [[nodiscard]] virtual std::vector<ClientSeen> clients() const = 0;
};

}  // namespace tandem::migration
