#include "lib/mail/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <memory>

#include <unicode/uidna.h>

#include "lib/base/text.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_side = 255;
constexpr std::size_t max_label = 63;
constexpr auto npos = std::string_view::npos;

bool is_8bit(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}
bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
// RFC 5322 3.2.3
bool is_atext(char c) {
  return is_alnum(c) || is_8bit(c) ||
         (c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != npos);
}
bool is_printable(char c) {
  return is_8bit(c) || (c >= 0x20 && c < 0x7F);
}

bool is_dot_string(std::string_view text, bool strict) {
  if (text.empty()) return false;
  if (!std::ranges::all_of(text, [](char c) { return c == '.' || is_atext(c); })) return false;
  const bool stray = text.front() == '.' || text.back() == '.' || text.find("..") != npos;
  return !(strict && stray) && text.find_first_not_of('.') != npos;
}

struct Local {
  std::string text;
  std::size_t length;  // consumed, up to the '@'
};

std::optional<Local> quoted_local(std::string_view text) {
  Local local{{}, 1};
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') return Local{std::move(local.text), i + 1};
    if (text[i] == '\\' && ++i == text.size()) return std::nullopt;
    if (!is_printable(text[i])) return std::nullopt;
    local.text += text[i];
  }
  return std::nullopt;
}

std::optional<Local> local_part(std::string_view text, bool strict) {
  if (text.starts_with('"')) return quoted_local(text);
  const auto at = text.rfind('@');
  if (at == npos || !is_dot_string(text.substr(0, at), strict)) return std::nullopt;
  return Local{std::string(text.substr(0, at)), at};
}

bool is_label(std::string_view label, bool utf8) {
  if (label.empty() || label.size() > max_label) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::ranges::all_of(label, [utf8](char c) {
    return is_alnum(c) || c == '-' || c == '_' || (utf8 && is_8bit(c));
  });
}

bool is_general_literal(std::string_view inside) {
  const auto colon = inside.find(':');
  if (colon == npos || colon == 0 || colon + 1 == inside.size()) return false;
  const auto tag = inside.substr(0, colon);
  return std::ranges::all_of(tag, [](char c) { return is_alnum(c) || c == '-'; }) &&
         std::ranges::all_of(inside, [](char c) {
           return c > 0x20 && c < 0x7F && c != '[' && c != ']' && c != '\\';
         });
}

std::string to_a_labels(std::string_view domain) {
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, decltype(&uidna_close)> idna(
      uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII, &status), &uidna_close);
  if (U_FAILURE(status)) return lower(domain);
  std::array<char, 512> out{};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  const auto length =
      uidna_nameToASCII_UTF8(idna.get(), domain.data(), static_cast<std::int32_t>(domain.size()),
                             out.data(), out.size(), &info, &status);
  const bool good = U_SUCCESS(status) && info.errors == 0 && length > 0 &&
                    static_cast<std::size_t>(length) < out.size();
  return good ? lower({out.data(), static_cast<std::size_t>(length)}) : lower(domain);
}

}  // namespace

std::optional<Address> parse_address(std::string_view text, AddressRules rules) {
  if (text.size() > 2 * max_side + 1) return std::nullopt;
  if (std::ranges::any_of(text, is_8bit) && !(rules.utf8 && is_utf8(text))) return std::nullopt;
  auto local = local_part(text, rules.strict_dots);
  if (!local || local->text.size() > max_side) return std::nullopt;
  text.remove_prefix(local->length);
  if (!text.starts_with('@')) return std::nullopt;
  text.remove_prefix(1);
  if (!is_domain(text, rules.utf8) && !is_address_literal(text)) return std::nullopt;
  return Address{std::move(local->text), std::string(text)};
}

std::string to_string(const Address& address) {
  if (is_dot_string(address.local, false)) return address.local + "@" + address.domain;
  std::string out = "\"";
  for (const char c : address.local) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"@" + address.domain;
}

std::string lookup_key(const Address& address) {
  return lower(address.local) + "@" + canonical_domain(address.domain);
}

std::string canonical_domain(std::string_view domain) {
  if (domain.size() <= max_side && std::ranges::any_of(domain, is_8bit)) return to_a_labels(domain);
  return lower(domain);
}

bool is_domain(std::string_view text, bool utf8) {
  if (text.empty() || text.size() > max_side) return false;
  return std::ranges::all_of(split(text, '.'),
                             [utf8](auto label) { return is_label(label, utf8); });
}

bool is_address_literal(std::string_view text) {
  if (text.size() < 3 || text.size() > max_side || text.front() != '[' || text.back() != ']')
    return false;
  const auto inside = text.substr(1, text.size() - 2);
  const std::string address(istarts_with(inside, "IPv6:") ? inside.substr(5) : inside);
  if (address.find('\0') != npos) return false;
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  if (istarts_with(inside, "IPv6:"))
    return inet_pton(AF_INET6, address.c_str(), binary.data()) == 1;
  return inet_pton(AF_INET, address.c_str(), binary.data()) == 1 || is_general_literal(inside);
}

}  // namespace tandem::mail
