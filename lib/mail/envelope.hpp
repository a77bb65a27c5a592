// The ENVELOPE of a message (RFC 3501 7.4.2): the fields as they stand, unfolded, encoded words
// kept. Repeated To, Cc and Bcc fields are joined; of the others the first counts.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "lib/mail/address_list.hpp"
#include "lib/mail/header.hpp"

namespace tandem::mail {

struct Envelope {
  std::optional<std::string> date;
  std::optional<std::string> subject;
  std::vector<ListedAddress> from;
  std::vector<ListedAddress> sender;    // as written; empty where IMAP shows `from`
  std::vector<ListedAddress> reply_to;  // likewise
  std::vector<ListedAddress> to;
  std::vector<ListedAddress> cc;
  std::vector<ListedAddress> bcc;
  std::optional<std::string> in_reply_to;
  std::optional<std::string> message_id;

  [[nodiscard]] std::size_t address_count() const;
};

// At most `limit` addresses in all lists together.
[[nodiscard]] Envelope make_envelope(const HeaderView& header,
                                     std::size_t limit = max_listed_addresses);

}  // namespace tandem::mail
