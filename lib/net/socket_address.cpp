#include "lib/net/socket_address.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <netinet/in.h>
#include <system_error>
#include <unistd.h>

namespace tandem::net {
namespace {

std::string without_brackets(const std::string& text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']') return text;
  return text.substr(1, text.size() - 2);
}

}  // namespace

std::string SocketAddress::to_string() const {
  return address.find(':') == std::string::npos ? fmt::format("{}:{}", address, port)
                                                : fmt::format("[{}]:{}", address, port);
}

bool is_ip_address(const std::string& text) {
  return detail::to_raw({text, 0}).has_value();
}

bool is_loopback(const std::string& address) {
  const auto raw = detail::to_raw({address, 0});
  if (!raw) return false;
  const std::string shown = detail::from_raw(*raw).address;
  return shown == "::1" || shown.starts_with("127.");
}

Result<void> is_ours(const std::string& address) {
  const auto raw = detail::to_raw({address, 0});
  if (!raw) return fail(ErrorKind::invalid, address + " is not an address");
  const int socket = ::socket(raw->family(), SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const bool bound = socket >= 0 && ::bind(socket, raw->get(), raw->size) == 0;
  const int error = errno;
  if (socket >= 0) ::close(socket);
  if (bound) return {};
  return fail(ErrorKind::unreachable, std::generic_category().message(error));
}

namespace detail {

std::optional<RawAddress> to_raw(const SocketAddress& address) {
  const std::string text = without_brackets(address.address);
  RawAddress raw;
  auto* four = reinterpret_cast<sockaddr_in*>(&raw.storage);
  if (inet_pton(AF_INET, text.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(address.port);
    raw.size = sizeof(sockaddr_in);
    return raw;
  }
  auto* six = reinterpret_cast<sockaddr_in6*>(&raw.storage);
  if (inet_pton(AF_INET6, text.c_str(), &six->sin6_addr) == 1) {
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(address.port);
    raw.size = sizeof(sockaddr_in6);
    return raw;
  }
  return std::nullopt;
}

SocketAddress from_raw(const RawAddress& raw) {
  char text[INET6_ADDRSTRLEN] = "";
  if (raw.family() == AF_INET) {
    const auto* four = reinterpret_cast<const sockaddr_in*>(&raw.storage);
    inet_ntop(AF_INET, &four->sin_addr, text, sizeof text);
    return {text, ntohs(four->sin_port)};
  }
  if (raw.family() != AF_INET6) return {};
  const auto* six = reinterpret_cast<const sockaddr_in6*>(&raw.storage);
  if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr)) {
    inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof text);
  }
  return {text, ntohs(six->sin6_port)};
}

SocketAddress local_address_of(int socket) {
  RawAddress raw;
  raw.size = sizeof raw.storage;
  if (getsockname(socket, raw.get(), &raw.size) != 0) return {};
  return from_raw(raw);
}

SocketAddress peer_address_of(int socket) {
  RawAddress raw;
  raw.size = sizeof raw.storage;
  if (getpeername(socket, raw.get(), &raw.size) != 0) return {};
  return from_raw(raw);
}

}  // namespace detail
}  // namespace tandem::net
