#include "server/mailbox/index_message.hpp"

#include <chrono>

#include "lib/mail/date.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/imap_structure.hpp"
#include "lib/mail/mime.hpp"
#include "server/mailbox/parts.hpp"

namespace tandem::server {
namespace {

constexpr std::size_t most_received = 32 * 1024;
constexpr std::size_t longest_message_id = 1000;

// The day as its sender saw it: RFC 3501 6.4.4 disregards time and zone.
std::optional<std::int64_t> sent_day(const mail::HeaderView& header) {
  const auto date = mail::parse_date(header.text("Date"));
  if (!date) return std::nullopt;
  const auto local = date->time + std::chrono::minutes(date->zone_minutes);
  const auto day = std::chrono::floor<std::chrono::days>(local);
  return std::chrono::duration_cast<std::chrono::seconds>(day.time_since_epoch()).count();
}

std::optional<std::string> received_text(const mail::HeaderView& header) {
  std::string text;
  for (const mail::HeaderField* field : header.all("Received")) {
    text.append(mail::unfold(field->value)).push_back('\n');
    if (text.size() > most_received) return std::nullopt;
  }
  if (header.truncated()) return std::nullopt;
  return text;
}

// Room for a header that SMTP lets through (T-14), and the empty line behind it.
constexpr std::uint64_t most_header = 2 * 1024 * 1024;

MessageIndex index_of(const mail::HeaderView& header, const mail::Part& root, std::uint64_t size) {
  MessageIndex index;
  index.size = size;
  index.header_size = header.block_size();
  index.envelope =
      mail::imap_envelope(root.envelope ? *root.envelope : mail::make_envelope(header));
  index.body_structure = mail::imap_bodystructure(root, true);
  index.parts = write_parts(root);
  index.sent = sent_day(header);
  index.received = received_text(header);
  index.message_id = header.text("Message-ID").substr(0, longest_message_id);
  return index;
}

}  // namespace

MessageIndex index_message(std::string_view message) {
  return index_of(mail::HeaderView(message), mail::parse_message(message), message.size());
}

Result<MessageIndex> index_draft(const store::BlobDraft& draft) {
  std::string room;
  auto beginning = draft.view(0, draft.spilled() ? most_header : draft.size(), room);
  if (!beginning) return fail(std::move(beginning.error()));
  if (beginning->size() == draft.size()) return index_message(*beginning);
  const mail::HeaderView header(*beginning);
  if (!header.complete()) {
    beginning = draft.view(0, draft.size(), room);
    if (!beginning) return fail(std::move(beginning.error()));
    return index_message(*beginning);
  }
  const mail::ReadAt read = [&draft](std::uint64_t offset, std::uint64_t length) {
    return draft.read(offset, length);
  };
  const auto root = mail::parse_message(read, draft.size());
  if (!root) return fail(root.error());
  return index_of(header, *root, draft.size());
}

}  // namespace tandem::server
