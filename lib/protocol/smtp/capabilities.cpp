#include "lib/protocol/smtp/capabilities.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"

namespace tandem::smtp {
namespace {

struct Flag {
  std::string_view name;
  bool Capabilities::* member;
};

constexpr std::array<Flag, 9> flags{{{"PIPELINING", &Capabilities::pipelining},
                                     {"8BITMIME", &Capabilities::eight_bit_mime},
                                     {"SMTPUTF8", &Capabilities::smtputf8},
                                     {"DSN", &Capabilities::dsn},
                                     {"CHUNKING", &Capabilities::chunking},
                                     {"ENHANCEDSTATUSCODES", &Capabilities::enhanced_codes},
                                     {"STARTTLS", &Capabilities::starttls},
                                     {"REQUIRETLS", &Capabilities::require_tls},
                                     {"XCLIENT", &Capabilities::xclient}}};

void add_names(std::string_view words, std::vector<std::string>& names) {
  for (const std::string_view word : split(words, ' ')) {
    const std::string name = upper(word);
    if (!name.empty() && names.size() < 32 && std::ranges::find(names, name) == names.end())
      names.push_back(name);
  }
}

// "LIMITS MAILMAX=20 RCPTMAX=100". A limit of 0 is none (RFC 9422 4.1).
void add_limits(std::string_view words, Capabilities& capabilities) {
  for (const std::string_view word : split(words, ' ')) {
    const std::size_t equals = word.find('=');
    if (equals == std::string_view::npos) continue;
    const auto number = parse_number(word.substr(equals + 1));
    if (!number || *number == 0) continue;
    if (iequals(word.substr(0, equals), "MAILMAX")) capabilities.mail_max = number;
    if (iequals(word.substr(0, equals), "RCPTMAX")) capabilities.rcpt_max = number;
  }
}

void add_line(Capabilities& capabilities, std::string_view line) {
  // "AUTH=PLAIN" is what some old servers send.
  const std::size_t end = line.find_first_of(" =");
  const std::string_view keyword = line.substr(0, end);
  const std::string_view rest = end == std::string_view::npos ? "" : trim(line.substr(end + 1));
  for (const Flag& flag : flags) {
    if (iequals(flag.name, keyword)) capabilities.*flag.member = true;
  }
  if (iequals(keyword, "SIZE")) capabilities.size = parse_number(rest).value_or(0);
  if (iequals(keyword, "AUTH")) add_names(rest, capabilities.auth);
  if (iequals(keyword, "LIMITS")) add_limits(rest, capabilities);
  if (iequals(keyword, "XCLIENT")) add_names(rest, capabilities.xclient_names);
  if (iequals(keyword, "XFORWARD")) add_names(rest, capabilities.xforward_names);
}

}  // namespace

Capabilities parse_capabilities(const Reply& ehlo) {
  Capabilities capabilities;
  capabilities.extended = true;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) add_line(capabilities, trim(ehlo.lines[i]));
  return capabilities;
}

}  // namespace tandem::smtp
