#include "lib/protocol/smtp/xclient.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <optional>

#include "lib/base/text.hpp"
#include "lib/protocol/smtp/command.hpp"
#include "lib/protocol/smtp/xtext.hpp"

namespace tandem::smtp {
namespace {

constexpr std::size_t longest_line = 510;  // XCLIENT_README: 512 with the line end
constexpr std::string_view ipv6 = "IPV6:";
constexpr std::string_view unknown = "[UNAVAILABLE]";
constexpr std::string_view not_now = "[TEMPUNAVAIL]";

std::unexpected<Reply> syntax(std::string_view text) {
  return std::unexpected(make_reply(501, "5.5.4", text));
}

// The one spelling of an address; IPv4 inside of IPv6 as IPv4.
std::optional<std::string> normal_address(std::string_view text) {
  constexpr std::string_view letters = "0123456789abcdefABCDEF:.";
  if (istarts_with(text, ipv6)) text.remove_prefix(ipv6.size());
  if (text.find_first_not_of(letters) != std::string_view::npos) return std::nullopt;
  const std::string address(text);
  in6_addr six{};
  in_addr four{};
  std::array<char, INET6_ADDRSTRLEN> shown{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return address;
  if (inet_pton(AF_INET6, address.c_str(), &six) != 1) return std::nullopt;
  if (IN6_IS_ADDR_V4MAPPED(&six))
    inet_ntop(AF_INET, &six.s6_addr[12], shown.data(), shown.size());
  else
    inet_ntop(AF_INET6, &six, shown.data(), shown.size());
  return std::string(shown.data());
}

bool is_name(std::string_view name) {
  return is_helo_name(name) && name.find_first_of(":[]") == std::string_view::npos;
}

bool set_port(ClientIdentity& client, std::string_view value) {
  const auto port = parse_number(value);
  if (!port || *port > 65535) return false;
  client.port = static_cast<std::uint16_t>(*port);
  return true;
}

bool set_attribute(ClientIdentity& client, std::string_view name, std::string value) {
  if (iequals(name, "ADDR")) {
    auto address = normal_address(value);
    if (!address) return false;
    client.address = std::move(*address);
    return true;
  }
  if (iequals(name, "PORT")) return set_port(client, value);
  if (iequals(name, "NAME")) {
    client.name = std::move(value);
    return is_name(client.name);
  }
  if (iequals(name, "HELO")) {
    client.helo = std::move(value);
    return is_helo_name(client.helo);
  }
  client.protocol = upper(value);
  return client.protocol == "SMTP" || client.protocol == "ESMTP";
}

bool is_attribute(std::string_view name) {
  return std::ranges::any_of(split(xclient_attributes, ' '),
                             [&](std::string_view known) { return iequals(known, name); });
}

bool is_unknown(std::string_view value) {
  return iequals(value, unknown) || iequals(value, not_now);
}

std::string value_of(const ClientIdentity& client, std::string_view name) {
  const auto or_unknown = [](const std::string& text) {
    return text.empty() ? std::string(unknown) : text;
  };
  const bool six = client.address.find(':') != std::string::npos;
  if (name == "ADDR") return (six ? std::string(ipv6) : std::string()) + client.address;
  if (name == "PORT") return client.port == 0 ? std::string(unknown) : std::to_string(client.port);
  if (name == "NAME" && client.name.empty() && client.name_later) return std::string(not_now);
  if (name == "NAME") return or_unknown(client.name);
  if (name == "HELO") return or_unknown(client.helo);
  return client.protocol.empty() ? "ESMTP" : client.protocol;
}

std::vector<std::string> lines_of(std::string_view verb, const ClientIdentity& client,
                                  const std::vector<std::string>& offered) {
  const bool takes_address = std::ranges::find(offered, "ADDR") != offered.end();
  if (client.address.empty() || !takes_address || !is_well_formed(client)) return {};
  std::vector<std::string> lines(1, std::string(verb));
  for (const std::string_view name : {"ADDR", "PORT", "NAME", "HELO", "PROTO"}) {
    if (std::ranges::find(offered, name) == offered.end()) continue;
    const std::string word = " " + std::string(name) + "=" + value_of(client, name);
    if (lines.back().size() + word.size() > longest_line) lines.emplace_back(verb);
    lines.back() += word;
  }
  return lines;
}

}  // namespace

std::expected<ClientIdentity, Reply> parse_xclient(std::string_view argument) {
  ClientIdentity client;
  bool any = false;
  for (const std::string_view word : split(argument, ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) return syntax("Syntax: XCLIENT attribute=value...");
    const std::string_view name = word.substr(0, equals);
    if (!is_attribute(name)) return syntax("Unknown XCLIENT attribute");
    auto value = decode_xtext(word.substr(equals + 1));
    if (!value) return syntax("An XCLIENT value is not xtext");
    any = true;
    if (iequals(name, "NAME")) client.name_later = iequals(*value, not_now);
    if (is_unknown(*value)) continue;
    if (!set_attribute(client, name, std::move(*value)))
      return syntax("An XCLIENT value is not what its attribute says");
  }
  if (!any) return syntax("Syntax: XCLIENT attribute=value...");
  return client;
}

bool is_well_formed(const ClientIdentity& client) {
  return (client.address.empty() || normal_address(client.address) == client.address) &&
         (client.name.empty() || is_name(client.name)) &&
         (client.helo.empty() || is_helo_name(client.helo)) &&
         (client.protocol.empty() || client.protocol == "SMTP" || client.protocol == "ESMTP");
}

std::string to_text(const ClientIdentity& client) {
  constexpr std::string_view verb = "XCLIENT ";
  std::string text;
  for (const std::string& line : xclient_lines(client, {"ADDR", "PORT", "NAME", "HELO", "PROTO"})) {
    if (!text.empty()) text += ' ';
    text += std::string_view(line).substr(verb.size());
  }
  return text;
}

std::vector<std::string> xclient_lines(const ClientIdentity& client,
                                       const std::vector<std::string>& offered) {
  return lines_of("XCLIENT", client, offered);
}

std::vector<std::string> xforward_lines(const ClientIdentity& client,
                                        const std::vector<std::string>& offered) {
  return lines_of("XFORWARD", client, offered);
}

}  // namespace tandem::smtp
