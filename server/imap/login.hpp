// From the first byte to an account: greeting, STARTTLS, LOGIN and AUTHENTICATE (PLAIN, LOGIN,
// SCRAM-SHA-256), over lib/protocol's Preauth machine. A password needs TLS, except from a loopback
// address or in-process.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "lib/net/stream.hpp"
#include "lib/net/tls.hpp"
#include "server/accounts/accounts.hpp"
#include "server/server.hpp"

namespace tandem::server {

struct LoggedIn {
  AccountId account = 0;
  std::string tag;   // of the command that is still to be answered OK
  std::string rest;  // read ahead: belongs to the time after
};

// Nothing: the session ended without a log-in.
[[nodiscard]] net::Task<std::optional<LoggedIn>> log_in(net::Stream& stream, Accounts& accounts,
                                                        std::string hostname, Trust trust,
                                                        std::shared_ptr<const net::TlsServer> tls);

// What is offered before and after log-in.
[[nodiscard]] std::string imap_capabilities(std::uint64_t message_size);

}  // namespace tandem::server
