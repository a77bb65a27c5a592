// An envelope address: RFC 5321 Mailbox (4.1.2), with RFC 6531's UTF-8 when allowed.
// `local` is held without quoting ("j d"@x.jp and j\ d are one address), `domain` as written.
// Real life wins over grammar in one place: stray dots in the local part (foo..bar@, foo.@), which
// Japanese mobile carriers gave out, are accepted unless strict_dots is set.
// Limits: local and domain at most 255 bytes each, a label 63; no control byte, ever.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::mail {

struct Address {
  std::string local;
  std::string domain;  // a host name or an address literal with its brackets

  bool operator==(const Address&) const = default;
};

struct AddressRules {
  bool utf8 = true;          // SMTPUTF8: UTF-8 in local part and domain (U-labels)
  bool strict_dots = false;  // RFC 5321 Dot-string to the letter
};

// A whole text, without angle brackets. Nothing if it is not a Mailbox.
[[nodiscard]] std::optional<Address> parse_address(std::string_view text, AddressRules rules = {});
// As SMTP writes it, the local part quoted where it must be.
[[nodiscard]] std::string to_string(const Address& address);
// What look-up tables are keyed by: local part and domain in lower case, a domain of U-labels as
// A-labels. Two spellings of one mailbox give one key.
[[nodiscard]] std::string lookup_key(const Address& address);
// The same for a domain alone. A-labels stay as they are, in lower case.
[[nodiscard]] std::string canonical_domain(std::string_view domain);
// A host name: labels of letters, digits, hyphen and underscore (and U-labels if `utf8`).
[[nodiscard]] bool is_domain(std::string_view text, bool utf8 = false);
// [192.0.2.1], [IPv6:2001:db8::1] with brackets (RFC 5321 4.1.3).
[[nodiscard]] bool is_address_literal(std::string_view text);

}  // namespace tandem::mail
