#include "lib/mail/envelope.hpp"

#include <algorithm>
#include <iterator>

namespace tandem::mail {
namespace {

std::optional<std::string> text_of(const HeaderView& header, std::string_view name) {
  const auto* field = header.find(name);
  return field ? std::optional(unfold(field->value)) : std::nullopt;
}

std::vector<ListedAddress> first_list(const HeaderView& header, std::string_view name) {
  const auto* field = header.find(name);
  return field ? parse_address_list(field->value) : std::vector<ListedAddress>();
}

std::vector<ListedAddress> joined_lists(const HeaderView& header, std::string_view name) {
  std::vector<ListedAddress> all;
  for (const auto* field : header.all(name)) {
    if (all.size() >= max_listed_addresses) break;
    auto more = parse_address_list(field->value, max_listed_addresses - all.size());
    std::ranges::move(more, std::back_inserter(all));
  }
  return all;
}

}  // namespace

Envelope make_envelope(const HeaderView& header) {
  return {.date = text_of(header, "date"),
          .subject = text_of(header, "subject"),
          .from = first_list(header, "from"),
          .sender = first_list(header, "sender"),
          .reply_to = first_list(header, "reply-to"),
          .to = joined_lists(header, "to"),
          .cc = joined_lists(header, "cc"),
          .bcc = joined_lists(header, "bcc"),
          .in_reply_to = text_of(header, "in-reply-to"),
          .message_id = text_of(header, "message-id")};
}

}  // namespace tandem::mail
