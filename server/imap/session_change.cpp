// STORE (with UNCHANGEDSINCE, RFC 7162 3.1.3), COPY, MOVE (RFC 6851), EXPUNGE, UID EXPUNGE.
#include <fmt/format.h>

#include "server/imap/session.hpp"

namespace tandem::server {

// What the client is told after STORE, and its sequence numbers are still those it knows.
Result<void> ImapSession::put_flags(const imap::SequenceSet& uids, bool with_flags, bool with_uid) {
  constexpr std::size_t all = 1'000'000;
  for (const auto range : uids.ranges()) {
    const auto rows =
        mailboxes_.rows(selected_->box().id, range.first, range.last, RowDetail::flags, all);
    if (!rows) return fail(rows.error());
    for (const MessageRow& row : *rows) {
      const auto number = selected_->view().number_of(row.uid);
      if (!number) continue;
      std::string items;
      if (with_uid) items += fmt::format("UID {} ", row.uid);
      if (with_flags) items += fmt::format("FLAGS ({}) ", selected_->flags_text(row));
      if (modes_.condstore) items += fmt::format("MODSEQ ({}) ", row.modseq);
      items.pop_back();
      io_.put(fmt::format("* {} FETCH ({})\r\n", *number, items));
    }
  }
  return {};
}

ImapSession::Done ImapSession::store(std::string tag, imap::command::Store store) {
  if (out_of_range(store.set, store.uid))
    co_return co_await bad(std::move(tag), "No such message number");
  auto flags = Flags::from_names(store.flags);
  if (!flags) co_return co_await no(std::move(tag), flags.error());
  if (store.unchanged_since) modes_.condstore = true;
  const imap::SequenceSet uids = resolve(store.set, store.uid);
  if (uids.empty()) co_return co_await finish(std::move(tag), "OK Nothing to store", store.uid);
  FlagChange change{store.action, std::move(*flags), store.unchanged_since};
  const auto changed =
      co_await mailboxes_.store_flags(selected_->box().id, uids, std::move(change));
  if (!changed) co_return co_await no(std::move(tag), changed.error());
  selected_->note_own(changed->modseq, changed->changed);
  imap::SequenceSet answered = store.silent ? changed->changed : uids;
  const bool with_uid = store.uid || modes_.condstore;
  if (!store.silent || modes_.condstore) {
    const auto told = put_flags(answered, !store.silent, with_uid);
    if (!told) co_return co_await no(std::move(tag), told.error());
  }
  if (changed->modified_since.empty())
    co_return co_await finish(std::move(tag), "OK Stored", store.uid);
  imap::SequenceSet left;
  for (const auto range : changed->modified_since.ranges())
    for (Uid uid = range.first; uid <= range.last; ++uid)
      left.add(store.uid ? uid : selected_->view().number_of(uid).value_or(0));
  co_return co_await finish(std::move(tag), "OK [MODIFIED " + left.to_string() + "] Some changed",
                            store.uid);
}

ImapSession::Done ImapSession::copy(std::string tag, imap::command::Copy copy) {
  if (out_of_range(copy.set, copy.uid))
    co_return co_await bad(std::move(tag), "No such message number");
  const auto target = mailboxes_.find(account_, copy.mailbox);
  if (!target) co_return co_await no(std::move(tag), target.error());
  const Error missing{.kind = ErrorKind::not_found, .what = "No such mailbox"};
  if (!*target) co_return co_await no(std::move(tag), missing, "TRYCREATE");
  const imap::SequenceSet uids = resolve(copy.set, copy.uid);
  if (uids.empty()) co_return co_await ok(std::move(tag), "Nothing to copy");
  const BoxId from = selected_->box().id;
  const BoxId to = (*target)->id;
  if (!copy.move) {  // a move needs no more room than there was
    const auto left = room();
    const auto size = mailboxes_.size_of(from, uids);
    if (!left) co_return co_await no(std::move(tag), left.error());
    if (!size) co_return co_await no(std::move(tag), size.error());
    const Error full{.kind = ErrorKind::limit, .what = "The quota is used up"};
    if (*size > *left) co_return co_await no(std::move(tag), full, "OVERQUOTA");
  }
  auto copied = copy.move ? mailboxes_.move(from, uids, to) : mailboxes_.copy(from, uids, to);
  const auto done = co_await std::move(copied);
  if (!done) co_return co_await no(std::move(tag), done.error());
  if (done->to.empty()) co_return co_await ok(std::move(tag), "Nothing to copy");
  const std::string code = fmt::format("[COPYUID {} {} {}]", done->uid_validity,
                                       done->from.to_string(), done->to.to_string());
  if (!copy.move) co_return co_await ok(std::move(tag), code + " Copied");
  io_.put("* OK " + code + " Moved\r\n");  // RFC 6851 4.3: before the EXPUNGEs
  co_return co_await ok(std::move(tag), "Moved");
}

ImapSession::Done ImapSession::expunge(std::string tag, imap::command::Expunge expunge) {
  // Only what this client knows of.
  const std::optional<imap::SequenceSet> uids =
      expunge.uids ? resolve(*expunge.uids, true) : selected_->view().all();
  if (uids->empty()) co_return co_await ok(std::move(tag), "Nothing to expunge");
  const auto gone = co_await mailboxes_.expunge(selected_->box().id, uids);
  if (!gone) co_return co_await no(std::move(tag), gone.error());
  co_return co_await ok(std::move(tag), "Expunged");
}

}  // namespace tandem::server
