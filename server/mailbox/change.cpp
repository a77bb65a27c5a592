// Changes to messages that are there: flags, COPY and MOVE, EXPUNGE. Each is one unit of the
// committer and takes the mailbox's next modseq; then the bell is rung.
#include "server/mailbox/mailboxes.hpp"
#include "server/mailbox/rows.hpp"

namespace tandem::server {
namespace {

using imap::command::StoreAction;

Flags changed_flags(const Flags& now, const FlagChange& change) {
  if (change.action == StoreAction::replace) return change.flags;
  Flags next = now;
  if (change.action == StoreAction::add)
    next.add(change.flags);
  else
    next.remove(change.flags);
  return next;
}

Result<void> update_flags(store::Sql& sql, BoxId box, Uid uid, const Flags& flags, Modseq modseq) {
  auto updated = sql.execute(
      "UPDATE mailbox_message SET flags = $3, keywords = $4, modseq = $5 "
      "WHERE box = $1 AND uid = $2",
      box, uid, flags.bits, flags.keyword_text(), modseq);
  if (!updated) return fail(std::move(updated.error()));
  return {};
}

Result<FlagsChanged> apply_flags(store::Sql& sql, BoxId id, const imap::SequenceSet& uids,
                                 const FlagChange& change) {
  FlagsChanged result;
  auto box = rows::need_box(sql, id);
  if (!box) return fail(std::move(box.error()));
  result.modseq = box->modseq;
  auto messages = rows::stored(sql, id, uids);
  if (!messages) return fail(std::move(messages.error()));
  for (const rows::Stored& message : *messages) {
    if (change.unchanged_since && message.modseq > *change.unchanged_since) {
      result.modified_since.add(message.uid);
      continue;
    }
    const Flags next = changed_flags(message.flags, change);
    if (next == message.flags) continue;
    if (next.keywords.size() > max_keywords) return fail(ErrorKind::limit, "too many keywords");
    if (result.changed.empty()) {
      auto modseq = rows::next_modseq(sql, id);
      if (!modseq) return fail(std::move(modseq.error()));
      result.modseq = *modseq;
    }
    if (auto updated = update_flags(sql, id, message.uid, next, result.modseq); !updated)
      return fail(std::move(updated.error()));
    result.changed.add(message.uid);
  }
  if (change.action == StoreAction::remove) return result;
  if (auto noted = rows::note_keywords(sql, *box, change.flags); !noted)
    return fail(std::move(noted.error()));
  return result;
}

struct Transfer {
  BoxId from = 0;
  BoxId to = 0;
  bool move = false;
};

Result<Copied> apply_transfer(store::Sql& sql, const Transfer& transfer,
                              const imap::SequenceSet& uids) {
  Copied copied;
  auto target = rows::need_box(sql, transfer.to);
  if (!target) return fail(std::move(target.error()));
  copied.uid_validity = target->uid_validity;
  auto messages = rows::stored(sql, transfer.from, uids);
  if (!messages) return fail(std::move(messages.error()));
  if (messages->empty()) return copied;
  auto modseq = rows::next_modseq(sql, transfer.to);
  if (!modseq) return fail(std::move(modseq.error()));
  auto uid = rows::take_uids(sql, transfer.to, messages->size());
  if (!uid) return fail(std::move(uid.error()));
  Flags used;
  for (const rows::Stored& message : *messages) {
    const rows::NewMessage placed{transfer.to, *uid, message.body, *modseq, message.size};
    if (auto in = rows::insert_message(sql, placed, message.flags, message.date); !in)
      return fail(std::move(in.error()));
    copied.from.add(message.uid);
    copied.to.add((*uid)++);
    used.add(message.flags);
  }
  if (auto noted = rows::note_keywords(sql, *target, used); !noted)
    return fail(std::move(noted.error()));
  if (!transfer.move) return copied;
  auto gone = rows::next_modseq(sql, transfer.from);
  if (!gone) return fail(std::move(gone.error()));
  for (const rows::Stored& message : *messages)
    if (auto out = rows::expunge_message(sql, transfer.from, message.uid, *gone); !out)
      return fail(std::move(out.error()));
  return copied;
}

Result<imap::SequenceSet> apply_expunge(store::Sql& sql, BoxId box, const imap::SequenceSet& uids,
                                        bool only_deleted) {
  imap::SequenceSet gone;
  auto messages = rows::stored(sql, box, uids);
  if (!messages) return fail(std::move(messages.error()));
  std::optional<Modseq> modseq;
  for (const rows::Stored& message : *messages) {
    if (only_deleted && !message.flags.has(Flags::deleted)) continue;
    if (!modseq) {
      auto next = rows::next_modseq(sql, box);
      if (!next) return fail(std::move(next.error()));
      modseq = *next;
    }
    if (auto out = rows::expunge_message(sql, box, message.uid, *modseq); !out)
      return fail(std::move(out.error()));
    gone.add(message.uid);
  }
  if (gone.empty()) return gone;
  if (auto dropped = rows::drop_unused_bodies(sql); !dropped)
    return fail(std::move(dropped.error()));
  return gone;
}

}  // namespace

net::Task<Result<FlagsChanged>> Mailboxes::store_flags(BoxId box, imap::SequenceSet uids,
                                                       FlagChange change) {
  FlagsChanged result;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    auto applied = apply_flags(sql, box, uids, change);
    if (!applied) return fail(std::move(applied.error()));
    result = std::move(*applied);
    return {};
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  if (!result.changed.empty()) bus_.publish(box);
  co_return result;
}

net::Task<Result<Copied>> Mailboxes::transfer(BoxId from, imap::SequenceSet uids, BoxId to,
                                              bool move) {
  Copied result;
  const Transfer transfer{from, to, move};
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    auto applied = apply_transfer(sql, transfer, uids);
    if (!applied) return fail(std::move(applied.error()));
    result = std::move(*applied);
    return {};
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  if (result.to.empty()) co_return result;
  bus_.publish(to);
  if (move) bus_.publish(from);
  co_return result;
}

net::Task<Result<Copied>> Mailboxes::copy(BoxId from, imap::SequenceSet uids, BoxId to) {
  return transfer(from, std::move(uids), to, false);
}
net::Task<Result<Copied>> Mailboxes::move(BoxId from, imap::SequenceSet uids, BoxId to) {
  return transfer(from, std::move(uids), to, true);
}

net::Task<Result<imap::SequenceSet>> Mailboxes::take_out(BoxId box, imap::SequenceSet uids,
                                                         bool only_deleted) {
  imap::SequenceSet gone;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    auto applied = apply_expunge(sql, box, uids, only_deleted);
    if (!applied) return fail(std::move(applied.error()));
    gone = std::move(*applied);
    return {};
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  if (!gone.empty()) bus_.publish(box);
  co_return gone;
}

net::Task<Result<imap::SequenceSet>> Mailboxes::expunge(BoxId box,
                                                        std::optional<imap::SequenceSet> uids) {
  imap::SequenceSet all{{1, 0xffffffff}};
  if (uids) all = std::move(*uids);
  return take_out(box, std::move(all), true);
}
net::Task<Result<imap::SequenceSet>> Mailboxes::remove_messages(BoxId box, imap::SequenceSet uids) {
  return take_out(box, std::move(uids), false);
}

net::Task<Result<Uid>> Mailboxes::take_recent(BoxId box) {
  Uid first = 0;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    auto found = rows::need_box(sql, box);
    if (!found) return fail(std::move(found.error()));
    first = found->recent_from;
    auto taken = sql.execute("UPDATE mailbox_box SET recent_from = uid_next WHERE id = $1", box);
    if (!taken) return fail(std::move(taken.error()));
    return {};
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  co_return first;
}

}  // namespace tandem::server
