#include "lib/net/endpoint.hpp"

#include <array>
#include <fmt/format.h>

namespace tandem::net {
namespace {

constexpr std::array<const char*, 6> protocol_names = {"smtp", "lmtp", "submission",
                                                       "imap", "pop3", "http"};
static_assert(protocol_names.size() == static_cast<std::size_t>(Protocol::http) + 1);

constexpr std::array<const char*, 4> tls_names = {"implicit", "starttls", "opportunistic", "never"};
static_assert(tls_names.size() == static_cast<std::size_t>(TlsMode::never) + 1);

}  // namespace

std::string_view name_of(Protocol protocol) {
  return protocol_names.at(static_cast<std::size_t>(protocol));
}

std::string_view name_of(TlsMode mode) {
  return tls_names.at(static_cast<std::size_t>(mode));
}

std::string Endpoint::to_string() const {
  if (!in_process.empty()) return fmt::format("{}:{}", name_of(protocol), in_process);
  const bool six = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{} (TLS {})", name_of(protocol), six ? "[" : "", host,
                     six ? "]" : "", port, name_of(tls));
}

}  // namespace tandem::net
