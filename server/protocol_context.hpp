// What the sessions of SMTP, LMTP, submission and POP3 are given. The references outlive them.
#pragma once

#include <memory>

#include "lib/net/stream.hpp"
#include "lib/net/tls.hpp"
#include "server/accounts/accounts.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "server/server.hpp"

namespace tandem::server {

struct ProtocolContext {
  Accounts& accounts;
  Mailboxes& mailboxes;
  const ServerSettings& settings;
  Trust trust = Trust::network;
  std::shared_ptr<const net::TlsServer> tls;  // null: no STARTTLS
};

[[nodiscard]] inline bool is_loopback(const net::ConnectionInfo& info) {
  return info.peer_address == "::1" || info.peer_address.starts_with("127.");
}
// Whether a password may be said before TLS.
[[nodiscard]] inline bool password_in_clear(const ProtocolContext& context,
                                            const net::ConnectionInfo& info) {
  return context.trust == Trust::in_process || is_loopback(info);
}

}  // namespace tandem::server
