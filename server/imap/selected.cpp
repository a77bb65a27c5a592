#include "server/imap/selected.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tandem::server {

Selected::Selected(Mailboxes& mailboxes, Box box, bool read_only, const imap::SequenceSet& uids)
    : mailboxes_(&mailboxes),
      box_(std::move(box)),
      read_only_(read_only),
      view_(uids),
      next_uid_(box_.uid_next),
      modseq_(box_.modseq),
      expunge_modseq_(box_.modseq) {}

Result<Selected> Selected::open(Mailboxes& mailboxes, BoxId id, bool read_only) {
  return mailboxes.store().read([&](store::Sql&) -> Result<Selected> {  // one snapshot for both
    auto box = mailboxes.find(id);
    if (!box) return fail(std::move(box.error()));
    if (!*box) return fail(ErrorKind::not_found, "the mailbox does not exist");
    auto uids = mailboxes.uids(id);
    if (!uids) return fail(std::move(uids.error()));
    return Selected(mailboxes, std::move(**box), read_only, *uids);
  });
}

std::string Selected::flags_text(const MessageRow& row) const {
  std::string text = row.flags.to_text();
  if (is_recent(row.uid)) text.append(text.empty() ? "\\Recent" : " \\Recent");
  return text;
}

void Selected::tell_expunged(std::string& out, const ClientModes& modes,
                             const imap::SequenceSet& uids) {
  const imap::SequenceSet known = uids.empty() ? uids : view_.known(uids);
  const auto numbers = view_.remove(uids);
  if (numbers.empty()) return;
  if (modes.qresync) {
    out += "* VANISHED " + known.to_string() + "\r\n";
    return;
  }
  for (const std::uint32_t number : numbers)
    fmt::format_to(std::back_inserter(out), "* {} EXPUNGE\r\n", number);
}

bool Selected::is_own(const MessageRow& row) const {
  return std::ranges::any_of(own_, [&](const auto& change) {
    return change.first == row.modseq && change.second.contains(row.uid);
  });
}

Result<bool> Selected::tell(std::string& out, const ClientModes& modes, bool expunges) {
  auto changes = mailboxes_->changes(box_.id, modseq_, expunge_modseq_);
  if (!changes) return fail(std::move(changes.error()));
  if (changes->gone) return false;
  if (expunges) {
    tell_expunged(out, modes, changes->expunged);
    expunge_modseq_ = changes->modseq;
  }
  const std::uint32_t before = view_.size();
  for (const MessageRow& row : changes->rows) {
    if (row.uid < next_uid_) continue;
    view_.append(row.uid);
    next_uid_ = row.uid + 1;
  }
  if (view_.size() != before)
    fmt::format_to(std::back_inserter(out), "* {} EXISTS\r\n* {} RECENT\r\n", view_.size(),
                   recent());
  for (const MessageRow& row : changes->rows) {
    const auto number = view_.number_of(row.uid);
    if (!number || *number > before || is_own(row)) continue;
    fmt::format_to(std::back_inserter(out), "* {} FETCH (UID {} FLAGS ({})", *number, row.uid,
                   flags_text(row));
    if (modes.condstore) fmt::format_to(std::back_inserter(out), " MODSEQ ({})", row.modseq);
    out += ")\r\n";
  }
  modseq_ = changes->modseq;
  own_.clear();
  return true;
}

}  // namespace tandem::server
