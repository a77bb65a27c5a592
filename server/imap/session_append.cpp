// APPEND and MULTIAPPEND (RFC 3501 6.3.11, RFC 3502, RFC 4315): all messages of one command are one
// commit.
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "server/imap/answer.hpp"
#include "server/imap/session.hpp"
#include "server/mailbox/append_batch.hpp"

namespace tandem::server {
namespace {

imap::DateTime moment(WallTime now) {
  return {std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count(), 0};
}

bool is_connection(const Error& error) {
  return error.kind == ErrorKind::closed || error.kind == ErrorKind::timed_out ||
         error.kind == ErrorKind::cancelled || error.kind == ErrorKind::tls;
}

}  // namespace

ImapSession::Done ImapSession::refuse_append(std::string tag, std::string code, std::string text) {
  tell(true);
  if (ended_) co_return co_await io_.flush();
  imap::CommandError error{.tag = std::move(tag), .text = std::move(text), .code = std::move(code)};
  error.no = true;
  co_return co_await io_.refuse_append(std::move(error));
}

// Reads one message into the batch. Errors of kind limit, invalid and storage concern the message;
// all others are the connection's.
net::Task<Result<void>> ImapSession::take_message(AppendBatch& batch,
                                                  imap::command::AppendItem item) {
  auto flags = Flags::from_names(item.flags);
  if (!flags) co_return fail(ErrorKind::invalid, "These flags cannot be stored");
  if (item.size > settings_.message_size) co_return fail(ErrorKind::limit, "Message too large");
  if (item.size == 0) co_return fail(ErrorKind::invalid, "Message is empty");
  if (!item.extensions.empty()) co_return fail(ErrorKind::invalid, "Unknown APPEND extension");
  const imap::DateTime date = item.date.value_or(moment(mailboxes_.clock().wall()));
  auto accepted = co_await io_.accept_append();
  if (!accepted) co_return accepted;
  auto draft = mailboxes_.draft();
  std::string buffer(std::min<std::size_t>(item.size, 64 * 1024), '\0');
  while (true) {
    const auto count = co_await io_.read_literal(buffer);
    if (!count) co_return fail(count.error());
    if (*count == 0) break;
    auto kept = draft.append(std::string_view(buffer).substr(0, *count));
    if (!kept) co_return kept;
  }
  co_return co_await batch.add(std::move(draft), std::move(*flags), date);
}

Result<std::uint64_t> ImapSession::room() const {
  const auto intake = accounts_.intake(account_);
  if (!intake) return fail(intake.error());
  if (intake->quota == 0) return std::numeric_limits<std::uint64_t>::max();
  const auto boxes = mailboxes_.list(account_);
  if (!boxes) return fail(boxes.error());
  std::uint64_t used = 0;
  for (const Box& box : *boxes) used += box.bytes;
  return intake->quota - std::min(used, intake->quota);
}

ImapSession::Done ImapSession::append(std::string tag, imap::command::Append append) {
  const auto box = mailboxes_.find(account_, append.mailbox);
  if (!box) co_return co_await refuse_append(tag, "UNAVAILABLE", "The mailbox cannot be read");
  if (!*box) co_return co_await refuse_append(tag, "TRYCREATE", "No such mailbox");
  const auto left = room();
  if (!left) co_return co_await refuse_append(tag, "UNAVAILABLE", "The quota cannot be read");
  std::uint64_t wanted = 0;
  AppendBatch batch = mailboxes_.append_batch((*box)->id);
  std::optional<imap::command::AppendItem> item = std::move(append.first);
  while (item) {
    wanted += std::min(item->size, settings_.message_size);
    if (wanted > *left) co_return co_await refuse_append(tag, "OVERQUOTA", "The quota is used up");
    auto taken = co_await take_message(batch, std::move(*item));
    if (!taken && is_connection(taken.error())) co_return taken;
    if (!taken) {
      const bool large = taken.error().kind == ErrorKind::limit;
      const std::string code = large ? "TOOBIG" : response_code(taken.error());
      co_return co_await refuse_append(tag, code, taken.error().what);
    }
    auto next = co_await io_.next_append();
    if (!next && next.error().kind == ErrorKind::invalid)
      co_return co_await bad(tag, next.error().what);
    if (!next) co_return fail(next.error());
    item = std::move(*next);
  }
  auto placed = co_await batch.commit();
  if (!placed) {
    const bool gone = placed.error().kind == ErrorKind::not_found;
    const std::string code = gone ? "TRYCREATE" : "";
    co_return co_await no(tag, placed.error(), code);
  }
  imap::SequenceSet uids;
  uids.add(placed->first, placed->last);
  co_return co_await ok(
      tag, fmt::format("[APPENDUID {} {}] Appended", placed->uid_validity, uids.to_string()));
}

}  // namespace tandem::server
