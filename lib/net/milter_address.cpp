#include "lib/net/milter_address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <fmt/format.h>
#include <netinet/in.h>

#include "lib/base/text.hpp"
#include "lib/net/socket_address.hpp"

namespace tandem::net {
namespace {

std::unexpected<Error> unreadable(std::string_view text) {
  return fail(
      Error{.kind = ErrorKind::invalid,
            .what = fmt::format("\"{}\" is not where a milter listens.", printable(text, 80)),
            .next_step = "Write it like inet:127.0.0.1:11332 or unix:/run/milter.sock."});
}

bool is_host(std::string_view host) {
  if (is_ip_address(std::string(host))) return true;
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
  });
}

Result<MilterAddress> from_inet(std::string_view given, std::string_view whole) {
  const auto at = given.find('@');
  const auto colon = given.rfind(':');
  std::string_view host, port;
  if (at != std::string_view::npos) {
    port = given.substr(0, at);
    host = given.substr(at + 1);
  } else if (colon != std::string_view::npos) {
    host = given.substr(0, colon);
    port = given.substr(colon + 1);
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const auto number = parse_number(port);
  if (!is_host(host) || !number || *number == 0 || *number > 65535) return unreadable(whole);
  return MilterAddress{.host = std::string(host),
                       .port = static_cast<std::uint16_t>(*number),
                       .path = {},
                       .in_process = {}};
}

bool is_near_four(std::uint32_t address) {
  struct Network {
    std::uint32_t prefix;
    int bits;
  };
  constexpr std::array networks = {Network{0x0A000000, 8}, Network{0xAC100000, 12},
                                   Network{0xC0A80000, 16}, Network{0x64400000, 10},
                                   Network{0xA9FE0000, 16}};
  return std::ranges::any_of(networks, [address](const Network& one) {
    return address >> (32 - one.bits) == one.prefix >> (32 - one.bits);
  });
}

}  // namespace

std::string MilterAddress::to_string() const {
  if (!in_process.empty()) return in_process;
  if (!path.empty()) return "unix:" + path;
  return "inet:" + SocketAddress{host, port}.to_string();
}

Result<MilterAddress> parse_milter_address(std::string_view text) {
  text = trim(text);
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return unreadable(text);
  const std::string kind = lower(text.substr(0, colon));
  const std::string_view rest = text.substr(colon + 1);
  if (kind == "inet" || kind == "inet6") return from_inet(rest, text);
  const bool is_path = rest.starts_with('/') && rest.size() < 108;  // sockaddr_un
  if ((kind == "unix" || kind == "local") && is_path)
    return MilterAddress{.host = {}, .port = 0, .path = std::string(rest), .in_process = {}};
  return unreadable(text);
}

bool is_near(const std::string& address) {
  if (is_loopback(address)) return true;
  const auto raw = detail::to_raw({address, 0});
  if (!raw) return false;
  const std::string shown = detail::from_raw(*raw).address;
  in_addr four{};
  if (inet_pton(AF_INET, shown.c_str(), &four) == 1) return is_near_four(ntohl(four.s_addr));
  in6_addr six{};
  if (inet_pton(AF_INET6, shown.c_str(), &six) != 1) return false;
  const bool unique_local = (six.s6_addr[0] & 0xFE) == 0xFC;
  const bool link_local = six.s6_addr[0] == 0xFE && (six.s6_addr[1] & 0xC0) == 0x80;
  return unique_local || link_local;
}

}  // namespace tandem::net
