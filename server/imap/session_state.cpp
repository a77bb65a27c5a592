// CAPABILITY, ENABLE, IDLE, SELECT and EXAMINE (with QRESYNC, RFC 7162 3.2.5), CLOSE, UNSELECT.
#include <algorithm>
#include <fmt/format.h>
#include <limits>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "server/imap/session.hpp"

namespace tandem::server {

ImapSession::Done ImapSession::capability(std::string tag) {
  io_.put("* CAPABILITY " + imap_capabilities(settings_.message_size) + "\r\n");
  return ok(std::move(tag), "Done");
}

ImapSession::Done ImapSession::enable(std::string tag, imap::command::Enable enable) {
  std::string enabled;
  for (const std::string& capability : enable.capabilities) {
    if (capability != "CONDSTORE" && capability != "QRESYNC") continue;
    modes_.condstore = true;  // QRESYNC implies it
    if (capability == "QRESYNC") modes_.qresync = true;
    enabled += " " + capability;
  }
  io_.put("* ENABLED" + enabled + "\r\n");
  return ok(std::move(tag), "Enabled");
}

ImapSession::Done ImapSession::idle(std::string tag) {
  constexpr Duration longest = std::chrono::minutes(30);
  io_.put("+ idling\r\n");
  while (true) {
    tell(true);
    if (ended_ || stopping_) break;
    auto wakeup = co_await io_.wait(longest);
    if (!wakeup) co_return fail(std::move(wakeup.error()));
    if (*wakeup == net::ImapServerIo::Wakeup::timed_out) {
      co_return co_await goodbye("Idle for too long");
    }
    if (*wakeup == net::ImapServerIo::Wakeup::notified) continue;
    auto line = co_await io_.next_line();
    if (!line) co_return fail(std::move(line.error()));
    if (!*line) co_return fail(ErrorKind::closed, "the client left in IDLE");
    if (!iequals(**line, "DONE")) co_return co_await bad(std::move(tag), "DONE expected");
    co_return co_await ok(std::move(tag), "Idle ended");
  }
  co_return co_await io_.flush();  // the loop of commands says goodbye
}

void ImapSession::say_selected(const Box& box) {
  std::string flags = "\\Answered \\Flagged \\Deleted \\Seen \\Draft";
  if (!box.keywords.empty()) flags += " " + box.keywords;
  const std::uint32_t exists = selected_->view().size();
  std::string out;
  auto to = std::back_inserter(out);
  fmt::format_to(to, "* FLAGS ({})\r\n* {} EXISTS\r\n* {} RECENT\r\n", flags, exists,
                 selected_->recent());
  const auto unseen = mailboxes_.first_unseen(box.id);
  if (const auto number = selected_->view().number_of(unseen.value_or(0)))
    fmt::format_to(to, "* OK [UNSEEN {}] First unseen\r\n", *number);
  if (selected_->read_only())
    out += "* OK [PERMANENTFLAGS ()] Read only\r\n";
  else
    fmt::format_to(to, "* OK [PERMANENTFLAGS ({} \\*)] Flags permitted\r\n", flags);
  fmt::format_to(to,
                 "* OK [UIDVALIDITY {}] UIDs valid\r\n* OK [UIDNEXT {}] Predicted next UID\r\n"
                 "* OK [HIGHESTMODSEQ {}] Highest\r\n",
                 box.uid_validity, box.uid_next, box.modseq);
  io_.put(out);
}

// What changed since the client last looked. Its known pairs are not needed: tombstones are kept.
void ImapSession::resync(const imap::command::Resync& known) {
  if (known.uid_validity != selected_->box().uid_validity) return;
  imap::SequenceSet among{{1, selected_->box().uid_next}};
  if (known.known_uids) among = known.known_uids->resolve(selected_->box().uid_next);
  put_vanished(among, known.modseq);
  constexpr Modseq none = std::numeric_limits<std::int64_t>::max();
  const auto changes = mailboxes_.changes(selected_->box().id, known.modseq, none);
  if (!changes) return;
  for (const MessageRow& row : changes->rows) {
    const auto number = selected_->view().number_of(row.uid);
    if (!number || !among.contains(row.uid)) continue;
    io_.put(fmt::format("* {} FETCH (UID {} FLAGS ({}) MODSEQ ({}))\r\n", *number, row.uid,
                        selected_->flags_text(row), row.modseq));
  }
}

ImapSession::Done ImapSession::select(std::string tag, imap::command::Select select) {
  if (selected_ && modes_.qresync) io_.put("* OK [CLOSED] Previous mailbox closed\r\n");
  selected_.reset();
  saved_.clear();
  if (select.resync && !modes_.qresync)
    co_return co_await bad(std::move(tag), "QRESYNC is not enabled");
  if (select.condstore) modes_.condstore = true;
  auto box = mailboxes_.find(account_, select.mailbox);
  if (!box) co_return co_await no(std::move(tag), box.error());
  const Error missing{.kind = ErrorKind::not_found, .what = "No such mailbox"};
  if (!*box) co_return co_await no(std::move(tag), missing);
  const BoxId id = (*box)->id;
  Uid recent_from = (*box)->recent_from;
  if (!select.read_only && recent_from < (*box)->uid_next) {
    auto taken = co_await mailboxes_.take_recent(id);
    recent_from = taken.value_or(recent_from);
  }
  // Subscribed first, so that no change after the snapshot is missed.
  const net::Executor executor = co_await boost::asio::this_coro::executor;
  auto subscription = mailboxes_.bus().subscribe(id, executor, [this] { io_.notify(); });
  auto opened = Selected::open(mailboxes_, id, select.read_only);
  if (!opened) co_return co_await no(std::move(tag), opened.error());
  selected_.emplace(std::move(*opened));
  selected_->subscription = std::move(subscription);
  selected_->set_recent_from(recent_from);
  say_selected(selected_->box());
  if (select.resync) resync(*select.resync);
  if (select.read_only) co_return co_await ok(std::move(tag), "[READ-ONLY] Opened");
  co_return co_await ok(std::move(tag), "[READ-WRITE] Opened");
}

ImapSession::Done ImapSession::close(std::string tag, bool expunge) {
  if (expunge && !selected_->read_only()) {
    const std::optional<imap::SequenceSet> known = selected_->view().all();
    const auto gone = co_await mailboxes_.expunge(selected_->box().id, known);
    if (!gone) co_return co_await no(std::move(tag), gone.error());
  }
  selected_.reset();
  saved_.clear();
  co_return co_await ok(std::move(tag), "Closed");
}

}  // namespace tandem::server
