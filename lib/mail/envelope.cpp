#include "lib/mail/envelope.hpp"

#include <algorithm>
#include <iterator>

namespace tandem::mail {
namespace {

using List = std::vector<ListedAddress>;

List first_list(const HeaderView& header, std::string_view name, std::size_t& left) {
  const auto* field = header.find(name);
  auto list = field ? parse_address_list(field->value, left) : List();
  left -= std::min(left, list.size());
  return list;
}

List joined_lists(const HeaderView& header, std::string_view name, std::size_t& left) {
  List all;
  for (const auto* field : header.all(name)) {
    auto more = parse_address_list(field->value, left);
    left -= std::min(left, more.size());
    std::ranges::move(more, std::back_inserter(all));
  }
  return all;
}

}  // namespace

std::size_t Envelope::address_count() const {
  return from.size() + sender.size() + reply_to.size() + to.size() + cc.size() + bcc.size();
}

Envelope make_envelope(const HeaderView& header, std::size_t limit) {
  return {.date = header.value_of("date"),
          .subject = header.value_of("subject"),
          .from = first_list(header, "from", limit),
          .sender = first_list(header, "sender", limit),
          .reply_to = first_list(header, "reply-to", limit),
          .to = joined_lists(header, "to", limit),
          .cc = joined_lists(header, "cc", limit),
          .bcc = joined_lists(header, "bcc", limit),
          .in_reply_to = header.value_of("in-reply-to"),
          .message_id = header.value_of("message-id")};
}

}  // namespace tandem::mail
