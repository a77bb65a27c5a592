// Between the dot and the obligation: what forges our own Authentication-Results is removed
// (RFC 8601 5), and the milters are asked. Without milters nothing here happens.
#include <utility>

#include "lib/base/log.hpp"
#include "lib/mail/authentication_results.hpp"
#include "lib/mail/header.hpp"
#include "proxy/gateway/filter.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using smtp::Reply;

constexpr std::uint64_t piece = 32 * 1024;
// Above what the framing lets through, so that the whole header is there.
constexpr std::uint64_t header_room = 1024 * 1024 + piece;

Reply unreadable(const Error& error) {
  log::error("E-GATE-9", "a message cannot be read back: {}", error.to_string());
  return local_trouble();
}

mail::HeaderView view_of(const std::string& beginning) {
  return mail::HeaderView(beginning, {.bytes = header_room});
}

// The rest of a draft from `position` on, piece by piece.
net::MilterBody from(const store::BlobDraft& draft, std::uint64_t position) {
  return [&draft, position, kept = std::string()]() mutable -> Result<std::string_view> {
    auto read = draft.view(position, piece, kept);
    if (read) position += read->size();
    return read;
  };
}

Result<void> copy_rest(const store::BlobDraft& draft, std::uint64_t position,
                       store::BlobDraft& into) {
  const net::MilterBody rest = from(draft, position);
  while (true) {
    const auto bytes = rest();
    if (!bytes) return fail(bytes.error());
    if (bytes->empty()) return {};
    if (auto taken = into.append(*bytes); !taken) return taken;
  }
}

// The fields as a milter is told them: up to the first line that is none. Returns where the body
// begins.
std::uint64_t tell_header(const std::string& beginning, const mail::HeaderView& view,
                          std::vector<milter::Field>& into) {
  for (const auto& field : view) {
    if (field.name.empty()) return static_cast<std::uint64_t>(field.raw.data() - beginning.data());
    into.push_back({std::string(field.name), std::string(field.value)});
  }
  return view.block_size();
}

std::vector<std::string> parameters_of(const smtp::MailCommand& mail) {
  std::vector<std::string> all;
  if (mail.size) all.push_back("SIZE=" + std::to_string(*mail.size));
  if (mail.body == smtp::Body::eight_bit_mime) all.emplace_back("BODY=8BITMIME");
  if (mail.body == smtp::Body::seven_bit) all.emplace_back("BODY=7BIT");
  if (mail.smtputf8) all.emplace_back("SMTPUTF8");
  return all;
}

}  // namespace

// Every copy is made of what is kept here: home and mirror get the same bytes.
Result<void> Transaction::remove_forged(std::string& beginning) {
  const mail::HeaderView view = view_of(beginning);
  std::string fields;
  std::size_t removed = 0;
  for (const auto& field : view) {
    if (mail::is_result_by(field, rooms_.options.hostname))
      ++removed;
    else
      fields += field.raw;
  }
  if (removed == 0) return {};
  log::info("I-GATE-10", "{}: {} fields by which it vouches for itself in our name are removed",
            trace_, removed);
  store::BlobDraft cleaned = rooms_.store.draft();
  if (auto taken = cleaned.append(fields); !taken) return taken;
  if (auto taken = copy_rest(body_, view.fields_size(), cleaned); !taken) return taken;
  beginning.replace(0, view.fields_size(), fields);
  body_ = std::move(cleaned);
  return {};
}

milter::Examination Transaction::examination() const {
  milter::Examination message{.our_name = rooms_.options.hostname,
                              .message_id = trace_,
                              .client_address = client_.identity.address,
                              .client_port = client_.identity.port,
                              .client_name = client_.identity.name,
                              .helo = client_.identity.helo,
                              .tls_version = client_.tls_version,
                              .tls_cipher = client_.tls_cipher,
                              .sender = mail_.from,
                              .mail_parameters = parameters_of(mail_),
                              .recipients = {},
                              .header = {}};
  for (const Recipient* one : recipients()) message.recipients.push_back(one->address);
  return message;
}

// Nothing: the message goes on, with what was added to its front.
Task<std::optional<Reply>> Transaction::examine(MessageRecord& record) {
  if (!rooms_.filter.is_on()) co_return std::nullopt;
  auto beginning = body_.read(0, header_room);
  if (!beginning) co_return unreadable(beginning.error());
  if (view_of(*beginning).truncated())
    co_return make_reply(554, "5.6.0", "Too many header fields to be examined");
  const auto cleaned = remove_forged(*beginning);
  if (!cleaned) co_return unreadable(cleaned.error());
  // Milters judge where mail comes from; this comes from a person who has logged in.
  if (outbound_ != nullptr) co_return std::nullopt;
  milter::Examination message = examination();
  const std::uint64_t body_at = tell_header(*beginning, view_of(*beginning), message.header);
  std::string().swap(*beginning);
  const std::function<net::MilterBody()> body = [this, body_at] { return from(body_, body_at); };
  Judgement judgement = co_await rooms_.filter.judge(std::move(message), body);
  // Some have this message already (R11): the same bytes were judged then, and what is refused now
  // would be a lie to them (R3).
  if (delivered_before_) judgement.refusal.reset();
  if (judgement.refusal) co_return judgement.refusal;
  record.received += judgement.added;
  if (!delivered_before_) held_ = std::move(judgement.quarantine);
  // R15: that took its time.
  if (!routes_still_hold()) co_return being_moved();
  co_return std::nullopt;
}

// A milter asks that a person looks at it first. It is ours, durable and visible (I1), and neither
// side has it until somebody lets it go (`queue retry`) or gives it up.
Task<Reply> Transaction::hold(MessageRecord message) {
  auto records = recipient_records();
  for (auto& one : records) {
    one.home_state = HomeState::quarantined;
    if (one.mirror) one.mirror_state = MirrorState::cancelled;
    one.words = held_;
  }
  const auto stored = co_await rooms_.journal.begin(message, records, std::move(body_));
  if (!stored) {
    log::error("E-GATE-11", "the journal failed: {}", stored.error().to_string());
    co_return local_trouble();
  }
  log::error("E-GATE-12", "{} is quarantined, {}", trace_, held_);
  note_promises(records);
  tell();
  co_return make_reply(250, "2.0.0", "Ok " + trace_ + ", held for review");
}

}  // namespace tandem::gateway
