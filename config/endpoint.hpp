// URLs of servers. Schemes: imaps imap pop3s pop3 smtp smtps submission submissions lmtp, and
// `builtin:` for the server of this process. The plain ones require STARTTLS; `?tls=never` is
// allowed on loopback only, `?tls=opportunistic` with smtp only. `?pin=sha256:HEX` accepts exactly
// that certificate, `?ca=FILE` trusts that authority. No user, password, path or fragment.
// RFC 3986 (URL), RFC 8314 (implicit TLS), RFC 6186 (names of services).
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/net/endpoint.hpp"

namespace tandem::config {

// The name the built-in server has with net::Connector.
inline constexpr std::string_view builtin_server = "builtin";

// `wanted` is what the key is for: imap, pop3, smtp (takes lmtp URLs too) or submission.
// Errors: invalid; what and next_step are fit to be shown, and never contain a password.
[[nodiscard]] Result<net::Endpoint> parse_endpoint(std::string_view url, net::Protocol wanted);

// "localhost", 127.0.0.0/8 or ::1.
[[nodiscard]] bool is_loopback(std::string_view host);

}  // namespace tandem::config
