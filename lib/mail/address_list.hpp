// Addresses of header fields (RFC 5322 3.4 and 4.4) in the shape IMAP's ENVELOPE wants (RFC 3501
// 7.4.2): quoting removed, encoded words left as they are, group begin and end as entries of their
// own. Tolerant: what is no address is kept as a mailbox without a host rather than dropped;
// unquoted dots, commas' leftovers, 8-bit, "a@b <a@b>", missing '>' and ';' are all real. Linear;
// at most `limit` entries are made.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::mail {

// What is absent is nullopt. mailbox without host (nullopt): a group begins, mailbox is its name.
// mailbox absent: a group ends. A mailbox whose host was missing in the text has host "".
struct ListedAddress {
  std::optional<std::string> name;     // raw, encoded words not decoded
  std::optional<std::string> route;    // source route, "@a,@b"
  std::optional<std::string> mailbox;  // local part without quoting
  std::optional<std::string> host;

  [[nodiscard]] bool is_group_begin() const { return mailbox && !host; }
  [[nodiscard]] bool is_group_end() const { return !mailbox; }
  bool operator==(const ListedAddress&) const = default;
};

inline constexpr std::size_t max_listed_addresses = 10'000;

// `value` is a field's raw value, folded or not.
[[nodiscard]] std::vector<ListedAddress> parse_address_list(
    std::string_view value, std::size_t limit = max_listed_addresses);

}  // namespace tandem::mail
