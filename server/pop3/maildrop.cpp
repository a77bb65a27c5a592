#include "server/pop3/maildrop.hpp"

#include <fmt/core.h>

#include "lib/base/log.hpp"

namespace tandem::server {

Result<Maildrop> Maildrop::open(Mailboxes& mailboxes, AccountId account, MaildropLocks::Lock lock) {
  Maildrop drop(mailboxes, std::move(lock));
  auto box = mailboxes.find(account, "INBOX");
  if (!box) return fail(std::move(box.error()));
  if (!*box) return fail(ErrorKind::not_found, "the account has no INBOX");
  drop.box_ = std::move(**box);
  if (auto loaded = drop.load(); !loaded) return fail(std::move(loaded.error()));
  return drop;
}

Result<void> Maildrop::load() {
  constexpr std::size_t page = 1000;
  messages_.reserve(box_.messages);
  Uid first = 1;
  while (true) {
    auto rows = mailboxes_.rows(box_.id, first, 0xffffffff, RowDetail::blob, page);
    if (!rows) return fail(std::move(rows.error()));
    for (const MessageRow& row : *rows)
      messages_.push_back({row.uid, row.blob, !row.flags.has(Flags::seen), false});
    if (rows->size() < page) return {};
    first = rows->back().uid + 1;
  }
}

std::vector<pop3::MessageEntry> Maildrop::entries() const {
  std::vector<pop3::MessageEntry> entries;
  entries.reserve(messages_.size());
  for (const Message& message : messages_)
    entries.push_back({message.blob.size, fmt::format("{}.{}", box_.uid_validity, message.uid)});
  return entries;
}

net::Task<Result<std::string>> Maildrop::read(std::size_t index, std::uint64_t offset) {
  Message& message = messages_[index];
  if (!reader_ || open_index_ != index || offset == 0) {
    reader_.reset();
    auto opened = mailboxes_.blobs().open(message.blob);
    if (!opened) co_return fail(std::move(opened.error()));
    reader_ = std::move(*opened);
    open_index_ = index;
  }
  if (reader_->position() != offset) reader_->seek(offset);
  auto piece = reader_->next();
  if (!piece) co_return fail(std::move(piece.error()));
  std::string bytes(*piece);
  if (bytes.empty()) {
    message.read = true;
    reader_.reset();
  }
  co_return bytes;
}

net::Task<bool> Maildrop::note_seen() {
  imap::SequenceSet seen;
  for (const Message& message : messages_)
    if (message.read && message.unread) seen.add(message.uid);
  if (seen.empty()) co_return true;
  FlagChange change;
  change.action = imap::command::StoreAction::add;
  change.flags.bits = Flags::seen;
  const auto stored = co_await mailboxes_.store_flags(box_.id, std::move(seen), std::move(change));
  co_return stored.has_value();
}

net::Task<bool> Maildrop::remove(std::vector<std::size_t> indexes) {
  const bool removed = co_await update(std::move(indexes));
  lock_.reset();  // before QUIT is answered: the client may be back at once
  co_return removed;
}

net::Task<bool> Maildrop::update(std::vector<std::size_t> indexes) {
  imap::SequenceSet uids;
  for (const std::size_t index : indexes) {
    uids.add(messages_[index].uid);
    messages_[index].unread = false;
  }
  if (!uids.empty()) {
    const auto removed = co_await mailboxes_.remove_messages(box_.id, std::move(uids));
    if (!removed) {
      log::warning("W-SERVER-3", "POP3: {} messages could not be removed: {}", indexes.size(),
                   removed.error().to_string());
      co_return false;
    }
  }
  const bool noted = co_await note_seen();
  if (!noted) log::warning("W-SERVER-4", "POP3: what was read could not be noted");
  co_return true;
}

}  // namespace tandem::server
