// New messages: opened store, delivery into several mailboxes as one blob and one unit, and the
// batch of an APPEND.
#include "server/mailbox/append_batch.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "server/mailbox/rows.hpp"

namespace tandem::server {
namespace {

Result<Placed> place(store::Sql& sql, const Mailboxes::Destination& to, std::int64_t body,
                     std::uint64_t size, imap::DateTime date) {
  auto box = rows::find_box(sql, to.account, to.mailbox);
  if (!box) return fail(std::move(box.error()));
  if (!*box) return fail(ErrorKind::not_found, "the mailbox does not exist");
  const BoxId id = (*box)->id;
  auto modseq = rows::next_modseq(sql, id);
  if (!modseq) return fail(std::move(modseq.error()));
  auto uid = rows::take_uids(sql, id, 1);
  if (!uid) return fail(std::move(uid.error()));
  const rows::NewMessage message{id, *uid, body, *modseq, size};
  if (auto in = rows::insert_message(sql, message, to.flags, date); !in)
    return fail(std::move(in.error()));
  if (auto noted = rows::note_keywords(sql, **box, to.flags); !noted)
    return fail(std::move(noted.error()));
  return Placed{id, (*box)->uid_validity, *uid};
}

}  // namespace

Result<std::unique_ptr<Mailboxes>> Mailboxes::open(store::Store& store, const Clock& clock) {
  std::unique_ptr<Mailboxes> mailboxes(new Mailboxes(store, clock));
  store::Unit unit;
  unit.apply = [](store::Sql& sql, auto) -> Result<void> {
    auto ahead = sql.execute("UPDATE mailbox_use SET users = 0 WHERE users < 0");
    if (!ahead) return fail(std::move(ahead.error()));
    return rows::drop_unused_bodies(sql);
  };
  if (!store.committer().writable()) return mailboxes;  // looking only
  auto cleaned = store.committer().commit_blocking(std::move(unit));
  if (!cleaned) return fail(std::move(cleaned.error()));
  return mailboxes;
}

net::Task<Result<std::vector<Placed>>> Mailboxes::deliver(store::BlobDraft message,
                                                          std::vector<Destination> to,
                                                          imap::DateTime date) {
  auto index = index_draft(message);
  if (!index) co_return fail(std::move(index.error()));
  std::vector<Placed> placed;
  store::Unit unit;
  unit.blobs.push_back(std::move(message));
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef> blobs) -> Result<void> {
    placed.clear();
    auto body = rows::insert_body(sql, blobs.front(), *index, false);
    if (!body) return fail(std::move(body.error()));
    for (const Destination& destination : to) {
      auto one = place(sql, destination, *body, index->size, date);
      if (!one) return fail(std::move(one.error()));
      placed.push_back(*one);
    }
    return {};
  };
  if (to.empty()) co_return placed;
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  for (const Placed& one : placed) bus_.publish(one.box);
  co_return placed;
}

AppendBatch Mailboxes::append_batch(BoxId box) {
  return AppendBatch(*this, box);
}

}  // namespace tandem::server
