// An endpoint: where a protocol is spoken, and under what protection. Made from a URL by config/
// (`imaps://host`, `smtp://host:25`, `imap://127.0.0.1:1143?tls=never`, `?pin=sha256:…`,
// `?ca=FILE`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::net {

enum class Protocol : std::uint8_t { smtp, lmtp, submission, imap, pop3, http };

enum class TlsMode : std::uint8_t {
  implicit,       // from the first byte
  starttls,       // required: without it no session
  opportunistic,  // used when offered (SMTP between servers only)
  never,          // loopback addresses only
};

[[nodiscard]] std::string_view name_of(Protocol protocol);  // "imap"
[[nodiscard]] std::string_view name_of(TlsMode mode);       // "starttls"

struct Endpoint {
  Protocol protocol = Protocol::imap;
  std::string host;  // name or address; empty with `in_process`
  std::uint16_t port = 0;
  TlsMode tls = TlsMode::implicit;
  std::string pin;      // SHA-256 of the certificate, hex; empty: none
  std::string ca_file;  // PEM; empty: the system's
  // The name under which an in-process server is registered with the Connector; empty: a socket.
  std::string in_process;
  // The addresses of ours to come from, in turn: an IPv4 server sees the IPv4 ones, an IPv6 server
  // the others. None of its kind: the kernel's choice.
  std::vector<std::string> sources = {};

  // TLS without a certificate that was checked cannot come about.
  [[nodiscard]] bool is_verified() const {
    if (tls == TlsMode::opportunistic) return !pin.empty() || !ca_file.empty();
    return tls != TlsMode::never;
  }
  [[nodiscard]] std::string to_string() const;  // for people and logs: never a secret
  bool operator==(const Endpoint&) const = default;
};

}  // namespace tandem::net
