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

}  // namespace

MessageIndex index_message(std::string_view message) {
  const mail::HeaderView header(message);
  const mail::Part root = mail::parse_message(message);
  MessageIndex index;
  index.size = message.size();
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

Result<MessageIndex> index_draft(const store::BlobDraft& draft) {
  auto message = draft.read(0, draft.size());
  if (!message) return fail(std::move(message.error()));
  return index_message(*message);
}

}  // namespace tandem::server
