// FETCH and UID FETCH (RFC 3501 6.4.5, RFC 7162 CHANGEDSINCE and VANISHED). Rows are read some at a
// time, bodies are passed on piece by piece: nothing grows with the mailbox or the message.
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include "lib/mail/imap_structure.hpp"
#include "lib/mail/mime.hpp"
#include "server/imap/body_section.hpp"
#include "server/imap/session.hpp"

namespace tandem::server {
namespace {

constexpr std::size_t rows_at_once = 200;

bool sets_seen(const imap::FetchAttributes& attributes) {
  return std::ranges::any_of(attributes.bodies, [](const imap::BodyRequest& body) {
    return !body.peek && body.form != imap::BodyForm::binary_size;
  });
}

RowDetail detail_for(const imap::FetchAttributes& attributes) {
  if (attributes.envelope || attributes.body || attributes.body_structure)
    return RowDetail::structure;
  return attributes.bodies.empty() ? RowDetail::flags : RowDetail::blob;
}

std::string plain_items(const MessageRow& row, const imap::FetchAttributes& attributes) {
  std::string items;
  auto to = std::back_inserter(items);
  if (attributes.internal_date)
    fmt::format_to(to, " INTERNALDATE \"{}\"", imap::to_string(row.internal_date));
  if (attributes.size) fmt::format_to(to, " RFC822.SIZE {}", row.size);
  if (attributes.envelope) fmt::format_to(to, " ENVELOPE {}", row.envelope);
  if (attributes.body_structure) fmt::format_to(to, " BODYSTRUCTURE {}", row.body_structure);
  return items;
}

// BODY without extension data is asked for rarely: made from the message.
Result<std::string> short_structure(const store::Blobs& blobs, const MessageRow& row) {
  auto message = blobs.read(row.blob);
  if (!message) return fail(std::move(message.error()));
  return mail::imap_bodystructure(mail::parse_message(*message), false);
}

}  // namespace

// Marks what is to be read as seen; the UIDs that were not before.
net::Task<Result<imap::SequenceSet>> ImapSession::mark_seen(imap::SequenceSet uids) {
  imap::SequenceSet unseen;
  for (const auto range : uids.ranges()) {
    for (Uid next = range.first; next != 0 && next <= range.last;) {
      const auto rows =
          mailboxes_.rows(selected_->box().id, next, range.last, RowDetail::flags, rows_at_once);
      if (!rows) co_return fail(rows.error());
      for (const MessageRow& row : *rows)
        if (!row.flags.has(Flags::seen)) unseen.add(row.uid);
      next = rows->size() < rows_at_once ? 0 : rows->back().uid + 1;
    }
  }
  if (unseen.empty()) co_return unseen;
  FlagChange seen{imap::command::StoreAction::add, Flags{Flags::seen, {}}, std::nullopt};
  auto changed = co_await mailboxes_.store_flags(selected_->box().id, unseen, std::move(seen));
  if (!changed) co_return fail(std::move(changed.error()));
  selected_->note_own(changed->modseq, changed->changed);
  co_return changed->changed.resolve(0xffffffff);  // sorted: contains() is quick
}

ImapSession::Done ImapSession::fetch(std::string tag, imap::command::Fetch fetch) {
  if (out_of_range(fetch.set, fetch.uid))
    co_return co_await bad(std::move(tag), "No such message number");
  if (fetch.vanished && !(fetch.uid && modes_.qresync && fetch.changed_since))
    co_return co_await bad(std::move(tag), "VANISHED needs UID FETCH, QRESYNC and CHANGEDSINCE");
  if (fetch.changed_since || fetch.attributes.modseq) modes_.condstore = true;
  if (fetch.changed_since) fetch.attributes.modseq = true;
  if (fetch.uid) fetch.attributes.uid = true;
  const imap::SequenceSet uids = resolve(fetch.set, fetch.uid);
  imap::SequenceSet newly_seen;
  if (sets_seen(fetch.attributes) && !selected_->read_only()) {
    auto marked = co_await mark_seen(uids);
    if (!marked) co_return co_await no(std::move(tag), marked.error());
    newly_seen = std::move(*marked);
  }
  if (fetch.vanished) {
    const Uid last = selected_->box().uid_next;
    put_vanished(fetch.set.resolve(std::max(selected_->view().largest(), last)),
                 *fetch.changed_since);
  }
  auto fetched = co_await fetch_rows(uids, fetch, newly_seen);
  if (!fetched && fetched.error().kind != ErrorKind::storage) co_return fetched;
  if (!fetched) {
    // A body may be half sent: nothing that follows could be understood.
    io_.put("\r\n* BYE Storage cannot be read\r\n");
    ended_ = true;
    co_return co_await io_.flush();
  }
  co_return co_await finish(std::move(tag), "OK Fetched", fetch.uid);
}

void ImapSession::put_vanished(const imap::SequenceSet& uids, Modseq since) {
  constexpr Modseq none = std::numeric_limits<std::int64_t>::max();
  const auto changes = mailboxes_.changes(selected_->box().id, none, since);
  if (!changes) return;
  imap::SequenceSet gone;
  for (const auto range : changes->expunged.ranges())
    for (Uid uid = range.first; uid <= range.last; ++uid)
      if (uids.contains(uid) && !selected_->view().number_of(uid)) gone.add(uid);
  if (!gone.empty()) io_.put("* VANISHED (EARLIER) " + gone.to_string() + "\r\n");
}

ImapSession::Done ImapSession::fetch_rows(imap::SequenceSet uids, const imap::command::Fetch& fetch,
                                          const imap::SequenceSet& newly_seen) {
  const RowDetail detail = detail_for(fetch.attributes);
  for (const auto range : uids.ranges()) {
    for (Uid next = range.first; next != 0 && next <= range.last;) {
      const auto rows =
          mailboxes_.rows(selected_->box().id, next, range.last, detail, rows_at_once);
      if (!rows) co_return fail(rows.error());
      for (const MessageRow& row : *rows) {
        if (fetch.changed_since && row.modseq <= *fetch.changed_since) continue;
        const auto number = selected_->view().number_of(row.uid);
        if (!number) continue;
        auto put = co_await put_row(row, *number, fetch, newly_seen.contains(row.uid));
        if (!put) co_return put;
      }
      next = rows->size() < rows_at_once ? 0 : rows->back().uid + 1;
    }
  }
  co_return Result<void>();
}

ImapSession::Done ImapSession::put_row(const MessageRow& row, std::uint32_t number,
                                       const imap::command::Fetch& fetch, bool with_flags) {
  const imap::FetchAttributes& attributes = fetch.attributes;
  std::string items;
  if (attributes.uid) items += fmt::format(" UID {}", row.uid);
  if (attributes.flags || with_flags)
    items += fmt::format(" FLAGS ({})", selected_->flags_text(row));
  if (attributes.modseq || (modes_.condstore && with_flags))
    items += fmt::format(" MODSEQ ({})", row.modseq);
  items += plain_items(row, attributes);
  if (attributes.body) {
    const auto structure = short_structure(mailboxes_.blobs(), row);
    if (!structure) co_return fail(structure.error());
    items += " BODY " + *structure;
  }
  const bool bodies_only = items.empty();
  if (!bodies_only) items.erase(0, 1);
  items = fmt::format("* {} FETCH (", number) + items;
  auto written = co_await io_.write(items);
  if (!written) co_return written;
  if (!attributes.bodies.empty()) {
    auto bodies = co_await put_bodies(row, bodies_only, attributes);
    if (!bodies) co_return bodies;
  }
  co_return co_await io_.write(")\r\n");
}

ImapSession::Done ImapSession::put_bodies(const MessageRow& row, bool first,
                                          const imap::FetchAttributes& attributes) {
  for (const imap::BodyRequest& request : attributes.bodies) {
    const auto bytes = find_body(mailboxes_.blobs(), row, request);
    if (!bytes) co_return fail(bytes.error());
    std::string head = (first ? "" : " ") + body_label(request);
    first = false;
    if (request.form == imap::BodyForm::binary_size)
      head += fmt::format(" {}", bytes->length());
    else
      head += bytes->there ? fmt::format(" {{{}}}\r\n", bytes->length()) : " NIL";
    io_.put(head);
    if (!bytes->there || request.form == imap::BodyForm::binary_size) continue;
    if (bytes->text) {
      auto written = co_await io_.write(*bytes->text);
      if (!written) co_return written;
      continue;
    }
    auto reader = mailboxes_.blobs().open(row.blob);
    if (!reader) co_return fail(reader.error());
    reader->seek(bytes->begin);
    for (std::uint64_t left = bytes->size; left > 0;) {
      const auto piece = reader->next();
      if (!piece) co_return fail(piece.error());
      if (piece->empty()) co_return fail(ErrorKind::storage, "a message is shorter than recorded");
      const std::string_view part = piece->substr(0, left);
      left -= part.size();
      auto written = co_await io_.write(part);
      if (!written) co_return written;
    }
  }
  co_return Result<void>();
}

}  // namespace tandem::server
