#include "lib/protocol/smtp/command.hpp"

#include <algorithm>
#include <vector>

#include "lib/base/text.hpp"

namespace tandem::smtp {
namespace {

constexpr std::size_t max_mailbox = 320;  // 64 + @ + 255, RFC 5321 4.5.3.1

std::unexpected<Reply> syntax(std::string_view text) {
  return std::unexpected(make_reply(501, "5.5.4", text));
}

std::unexpected<Reply> unknown_parameter() {
  return std::unexpected(make_reply(555, "5.5.4", "Unknown or unusable parameter"));
}

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool is_alnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// RFC 3461 4: printable ASCII without "+" and "=", or "+" and two upper-case hex digits.
bool is_xtext(std::string_view text) {
  const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); };
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x21 || text[i] > 0x7e || text[i] == '=') return false;
    if (text[i] != '+') continue;
    if (i + 2 >= text.size() || !hex(text[i + 1]) || !hex(text[i + 2])) return false;
    i += 2;
  }
  return true;
}

// The end of a quoted string that starts at 0, after its closing quote; npos: not closed.
std::size_t quoted_end(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

bool is_local_part(std::string_view local) {
  if (local.empty() || local.size() > 64) return false;
  if (local[0] == '"') return quoted_end(local) == local.size();
  return std::ranges::none_of(
      local, [](char c) { return std::string_view(" \"(),:;<>@[\\]").contains(c); });
}

bool is_domain(std::string_view domain) {
  if (domain.empty() || domain.size() > 255) return false;
  if (domain[0] == '[') return domain.ends_with(']') && is_helo_name(domain);
  return std::ranges::all_of(
      domain, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_' || is_high(c); });
}

struct PathAndRest {
  std::string path;
  std::string_view rest;
};

// "<…>" with a source route dropped (RFC 5321 C), then the parameters.
std::optional<PathAndRest> split_path(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!text.starts_with('<')) return {};
  text.remove_prefix(1);
  if (text.starts_with('@')) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon > 1024) return {};
    text.remove_prefix(colon + 1);
  }
  std::size_t from = 0;
  if (text.starts_with('"')) from = quoted_end(text);
  if (from == std::string_view::npos) return {};
  const std::size_t end = text.find('>', from);
  if (end == std::string_view::npos || end > max_mailbox) return {};
  const std::string_view rest = text.substr(end + 1);
  if (!rest.empty() && rest[0] != ' ') return {};
  return PathAndRest{std::string(text.substr(0, end)), rest};
}

struct Parameter {
  std::string name;  // upper case
  std::string_view value;
  bool has_value;
};

std::vector<Parameter> parameters(std::string_view rest) {
  std::vector<Parameter> found;
  for (const std::string_view word : split(rest, ' ')) {
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    const bool has_value = equals != std::string_view::npos;
    found.push_back({upper(word.substr(0, equals)),
                     has_value ? word.substr(equals + 1) : std::string_view(), has_value});
  }
  return found;
}

bool set_body(MailCommand& mail, std::string_view value) {
  if (iequals(value, "7BIT")) {
    mail.body = Body::seven_bit;
  } else if (iequals(value, "8BITMIME")) {
    mail.body = Body::eight_bit_mime;
  } else {
    return false;
  }
  return true;
}

bool set_mail_parameter(MailCommand& mail, const Parameter& p, const ParameterSet& allowed) {
  if (p.name == "SIZE" && allowed.size) {
    mail.size = parse_number(p.value);
    return mail.size.has_value();
  }
  if (p.name == "BODY" && allowed.eight_bit_mime) return set_body(mail, p.value);
  if (p.name == "SMTPUTF8" && allowed.smtputf8 && !p.has_value) return mail.smtputf8 = true;
  if (p.name == "REQUIRETLS" && allowed.require_tls && !p.has_value) return mail.require_tls = true;
  if (p.name == "RET" && allowed.dsn) {
    mail.ret = upper(p.value);
    return mail.ret == "FULL" || mail.ret == "HDRS";
  }
  if (p.name == "ENVID" && allowed.dsn) {
    mail.envid = p.value;
    return !p.value.empty() && p.value.size() <= 100 && is_xtext(p.value);
  }
  if (p.name == "AUTH" && allowed.auth) {
    mail.auth = p.value;
    return !p.value.empty() && p.value.size() <= 500 && is_xtext(p.value);
  }
  return false;
}

bool is_notify(std::string_view value) {
  if (value == "NEVER") return true;
  const auto known = [](std::string_view word) {
    return word == "SUCCESS" || word == "FAILURE" || word == "DELAY";
  };
  return std::ranges::all_of(split(value, ','), known);
}

bool set_rcpt_parameter(RcptCommand& rcpt, const Parameter& p, const ParameterSet& allowed) {
  if (p.name == "NOTIFY" && allowed.dsn) {
    rcpt.notify = upper(p.value);
    return rcpt.notify.size() <= 28 && is_notify(rcpt.notify);
  }
  if (p.name == "ORCPT" && allowed.dsn) {
    rcpt.orcpt = p.value;
    const std::size_t semicolon = p.value.find(';');
    return semicolon != std::string_view::npos && p.value.size() <= 500 && is_xtext(p.value);
  }
  return false;
}

}  // namespace

bool is_helo_name(std::string_view name) {
  if (name.empty() || name.size() > 255) return false;
  return std::ranges::all_of(
      name, [](char c) { return is_alnum(c) || std::string_view("-._:[]").contains(c); });
}

bool is_mailbox(std::string_view mailbox, bool smtputf8) {
  if (mailbox.size() > max_mailbox || std::ranges::any_of(mailbox, is_control)) return false;
  if (std::ranges::any_of(mailbox, is_high) && (!smtputf8 || !is_utf8(mailbox))) return false;
  const std::size_t at = mailbox.rfind('@');
  if (at == std::string_view::npos) return false;
  return is_local_part(mailbox.substr(0, at)) && is_domain(mailbox.substr(at + 1));
}

std::expected<MailCommand, Reply> parse_mail(std::string_view argument,
                                             const ParameterSet& allowed) {
  if (!istarts_with(argument, "FROM:")) return syntax("Syntax: MAIL FROM:<address>");
  auto path = split_path(argument.substr(5));
  if (!path) return syntax("Syntax: MAIL FROM:<address>");
  MailCommand mail;
  mail.from = std::move(path->path);
  for (const Parameter& parameter : parameters(path->rest)) {
    if (!set_mail_parameter(mail, parameter, allowed)) return unknown_parameter();
  }
  if (!mail.from.empty() && !is_mailbox(mail.from, mail.smtputf8))
    return std::unexpected(make_reply(553, "5.1.7", "This is no sender address"));
  return mail;
}

std::expected<RcptCommand, Reply> parse_rcpt(std::string_view argument, const ParameterSet& allowed,
                                             bool smtputf8) {
  if (!istarts_with(argument, "TO:")) return syntax("Syntax: RCPT TO:<address>");
  auto path = split_path(argument.substr(3));
  if (!path) return syntax("Syntax: RCPT TO:<address>");
  RcptCommand rcpt;
  rcpt.to = std::move(path->path);
  for (const Parameter& parameter : parameters(path->rest)) {
    if (!set_rcpt_parameter(rcpt, parameter, allowed)) return unknown_parameter();
  }
  if (!iequals(rcpt.to, "postmaster") && !is_mailbox(rcpt.to, smtputf8))
    return std::unexpected(make_reply(553, "5.1.3", "This is no recipient address"));
  return rcpt;
}

std::string to_line(const MailCommand& command) {
  std::string line = "MAIL FROM:<" + command.from + ">";
  if (command.size) line += " SIZE=" + std::to_string(*command.size);
  if (command.body == Body::seven_bit) line += " BODY=7BIT";
  if (command.body == Body::eight_bit_mime) line += " BODY=8BITMIME";
  if (command.smtputf8) line += " SMTPUTF8";
  if (command.require_tls) line += " REQUIRETLS";
  if (!command.ret.empty()) line += " RET=" + command.ret;
  if (!command.envid.empty()) line += " ENVID=" + command.envid;
  if (!command.auth.empty()) line += " AUTH=" + command.auth;
  return line + "\r\n";
}

std::string to_line(const RcptCommand& command) {
  std::string line = "RCPT TO:<" + command.to + ">";
  if (!command.notify.empty()) line += " NOTIFY=" + command.notify;
  if (!command.orcpt.empty()) line += " ORCPT=" + command.orcpt;
  return line + "\r\n";
}

}  // namespace tandem::smtp
