// IP addresses as text and as the kernel wants them. No names, no scopes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <sys/socket.h>

#include "lib/base/result.hpp"

namespace tandem::net {

struct SocketAddress {
  std::string address;  // "192.0.2.1", "2001:db8::1"; IPv4 mapped into IPv6 is shown as IPv4
  std::uint16_t port = 0;
  bool operator==(const SocketAddress&) const = default;

  [[nodiscard]] std::string to_string() const;  // "192.0.2.1:25", "[2001:db8::1]:25"
};

// An IPv4 or IPv6 literal (brackets allowed).
[[nodiscard]] bool is_ip_address(const std::string& text);
// 127.0.0.0/8, ::1.
[[nodiscard]] bool is_loopback(const std::string& address);

// Whether this machine has the address, so that connections can come from it. Error unreachable.
[[nodiscard]] Result<void> is_ours(const std::string& address);

namespace detail {
struct RawAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const { return storage.ss_family; }
};
[[nodiscard]] std::optional<RawAddress> to_raw(const SocketAddress& address);
[[nodiscard]] SocketAddress from_raw(const RawAddress& raw);
[[nodiscard]] SocketAddress local_address_of(int socket);
[[nodiscard]] SocketAddress peer_address_of(int socket);  // empty: not connected
}  // namespace detail

}  // namespace tandem::net
