// FolderPass: the look at both sides, and what the ledger says to it.
#include <algorithm>
#include <utility>

#include "lib/net/both.hpp"
#include "sync/folder_pass.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

// Whether what the ledger knows of, what is new and what was left out are all messages there.
bool fits(std::uint64_t known, const std::vector<std::size_t>& fresh,
          const std::vector<Uid>& left_out, std::uint64_t messages) {
  return known + fresh.size() + left_out.size() == messages;
}

std::vector<Item> joined(std::vector<Item> low, std::vector<Item> high) {
  if (low.empty()) return high;
  std::ranges::move(high, std::back_inserter(low));
  return low;
}

Uid next_of(const std::vector<Item>& seen, Uid announced, Uid from) {
  const Uid last = seen.empty() ? 0 : seen.back().uid;
  return std::max({announced, last + 1, from});
}

std::uint64_t modseq_of(const net::ImapMailbox& open) {
  return open.no_modseq ? 0 : open.highest_modseq;
}

NewsWanted wanted_of(const FolderSide& row, bool condstore, bool all_flags) {
  NewsWanted wanted;
  wanted.from = std::max<Uid>(row.next, 1);
  if (condstore) wanted.changed_since = row.modseq;
  wanted.flags = wanted.from > 1 && (wanted.changed_since != 0 || all_flags);
  return wanted;
}

// What is asked for by UID: the rest is asked for as a range.
std::vector<Uid> uids_below(const SideScan& scan) {
  std::vector<Uid> uids;
  for (const Item& item : scan.items) {
    if (item.uid >= scan.complete_from) break;
    uids.push_back(item.uid);
  }
  uids.insert(uids.end(), scan.vanished.begin(), scan.vanished.end());
  return uids;
}

}  // namespace

Task<Result<void>> FolderPass::scan() {
  step_ = FolderStep::scanning;
  auto scanned = Result<void>{};
  if (!std::exchange(is_scanned_, false)) scanned = co_await scan_both();
  mirror_is_fresh_ = false;
  if (scanned) scanned = co_await compare_with_ledger();
  co_return scanned;
}

// The mirror first: what came through the gateway is at home before it is on the mirror.
Task<Result<void>> FolderPass::scan_both() {
  // A NOOP lets a server tell of what came since; what was opened just now needs none.
  auto told = Result<void>{};
  if (!mirror_is_fresh_) told = co_await mirror_.noop();
  if (!told) co_return told;
  auto [scanned, home_told] =
      co_await net::both(scan_side(mirror_, mirror_row(), mirror_scan_), home_.noop());
  if (!scanned) co_return fail(scanned.error());
  if (!home_told) co_return home_told;
  if (mirror_renumbered_) mirror_scan_.settled_below = ~Uid{0};
  note_scanned(migration::other(settings_.home), *scanned);
  scanned = co_await scan_side(home_, home_row(), home_scan_);
  if (!scanned) co_return fail(scanned.error());
  note_scanned(settings_.home, *scanned);
  co_return Result<void>{};
}

void FolderPass::note_scanned(Side side, const Scanned& seen) {
  const bool home = side == settings_.home;
  (home ? home_messages_ : mirror_messages_) = seen.messages;
  (home ? home_next_ : mirror_next_) = seen.next;
  (home ? home_modseq_ : mirror_modseq_) = seen.modseq;
}

// What the ledger knows of the scanned ones, and what has gone.
Task<Result<void>> FolderPass::compare_with_ledger() {
  const auto skipped = context_.ledger.skipped(folder_.id);
  if (!skipped) co_return fail(skipped.error());
  home_skipped_.clear();
  mirror_skipped_.clear();
  home_asked_.clear();
  mirror_asked_.clear();
  for (const Skipped& one : *skipped) {
    if (one.uid == 0) continue;
    const bool at_home = one.side == settings_.home;
    (at_home ? home_skipped_ : mirror_skipped_).push_back(one.uid);
    if (one.again || settings_.retry_skipped)
      (at_home ? home_asked_ : mirror_asked_).push_back(one.uid);
  }
  const auto counts = context_.ledger.counts(folder_.id, settings_.home);
  if (!counts) co_return fail(counts.error());
  auto done = compare_rows();
  if (!done) co_return done;
  // Fewer or more than we know of: somebody removed something. A server with QRESYNC says what;
  // else, or if that does not explain it, only a full look tells.
  const bool home_fits = fits(counts->home, diff_.home_new, home_skipped_, home_messages_);
  const bool mirror_fits =
      fits(counts->mirror, diff_.mirror_new, mirror_skipped_, mirror_messages_);
  if (home_fits && mirror_fits) co_return co_await mark_removed();
  if (!home_fits) done = co_await look_for_removed(home_, home_row(), home_scan_);
  if (done && !mirror_fits) done = co_await look_for_removed(mirror_, mirror_row(), mirror_scan_);
  if (done) done = compare_rows();
  if (!done) co_return done;
  const bool home_explained =
      home_scan_.vanished.empty() || fits(counts->home + diff_.home_back.size(), diff_.home_new,
                                          home_skipped_, home_messages_ + diff_.home_gone.size());
  const bool mirror_explained = mirror_scan_.vanished.empty() ||
                                fits(counts->mirror + diff_.mirror_back.size(), diff_.mirror_new,
                                     mirror_skipped_, mirror_messages_ + diff_.mirror_gone.size());
  if (!home_explained) done = co_await scan_completely(home_, home_scan_);
  if (done && !mirror_explained) done = co_await scan_completely(mirror_, mirror_scan_);
  if (done && !(home_explained && mirror_explained)) done = compare_rows();
  if (done) done = co_await mark_removed();
  co_return done;
}

Task<Result<void>> FolderPass::mark_removed() {
  const Side mirror_side = migration::other(settings_.home);
  auto marked = co_await context_.ledger.mark_gone(diff_.home_gone, settings_.home);
  if (marked) marked = co_await context_.ledger.mark_gone(diff_.mirror_gone, mirror_side);
  if (marked) marked = co_await context_.ledger.mark_back(diff_.home_back, settings_.home);
  if (marked) marked = co_await context_.ledger.mark_back(diff_.mirror_back, mirror_side);
  co_return marked;
}

Result<void> FolderPass::compare_rows() {
  Ledger::RowsWanted wanted;
  wanted.home_from = home_scan_.complete_from;
  wanted.mirror_from = mirror_scan_.complete_from;
  wanted.home_uids = uids_below(home_scan_);
  wanted.mirror_uids = uids_below(mirror_scan_);
  rows_.clear();
  auto rows = context_.ledger.rows(folder_.id, settings_.home, wanted);
  if (!rows) return fail(rows.error());
  rows_ = std::move(*rows);
  diff_ = diff(home_scan_, mirror_scan_, rows_, home_skipped_, mirror_skipped_);
  return {};
}

// A server with QRESYNC says what; else only a full look tells.
Task<Result<void>> FolderPass::look_for_removed(net::ImapClient& client, const FolderSide& row,
                                                SideScan& scan) {
  auto vanished = co_await scan_vanished(client, scan.complete_from, row.modseq);
  if (!vanished) co_return fail(vanished.error());
  if (!*vanished || (*vanished)->empty()) co_return co_await scan_completely(client, scan);
  scan.vanished = std::move(**vanished);
  co_return Result<void>{};
}

// News of one side, and of older messages those whose flags may have changed: by CONDSTORE, else by
// looking at all of them now and then.
Task<Result<FolderPass::Scanned>> FolderPass::scan_side(net::ImapClient& client,
                                                        const FolderSide& row, SideScan& scan) {
  const net::ImapMailbox open = client.selected();
  NewsWanted wanted = wanted_of(row, modseq_of(open) != 0, settings_.all_flags);
  if (wanted.changed_since != 0 && wanted.changed_since == modseq_of(open)) wanted.flags = false;
  // Counted anew (an index that was rebuilt): what changed since cannot be asked for.
  if (modseq_of(open) < wanted.changed_since) wanted.changed_since = 0;
  auto news = co_await scan_news(client, wanted);
  if (!news) co_return fail(news.error());
  scan.storable = storable_in(client);
  co_return take_news(open, wanted, std::move(*news), scan);
}

FolderPass::Scanned FolderPass::take_news(const net::ImapMailbox& open, const NewsWanted& wanted,
                                          std::vector<Item> news, SideScan& scan) {
  Scanned seen;
  seen.messages = open.exists;
  seen.modseq = modseq_of(open);
  seen.next = next_of(news, open.uid_next, wanted.from);  // what came since: the next look's
  const bool complete = wanted.flags && wanted.changed_since == 0;
  scan.complete_from = complete ? 1 : wanted.from;
  scan.settled_below = wanted.from;
  scan.items = std::move(news);
  scan.vanished.clear();
  return seen;
}

// The same as the folder is opened. Nothing: the answer is to other questions than it would have
// been, had the folder been opened first.
Task<Result<std::optional<FolderPass::Scanned>>> FolderPass::select_and_scan(
    net::ImapClient& client, std::string mailbox, const FolderSide& row, SideScan& scan) {
  const NewsWanted wanted = wanted_of(row, client.has("CONDSTORE"), settings_.all_flags);
  auto told = co_await select_with_news(client, std::move(mailbox), wanted);
  if (!told) co_return fail(told.error());
  std::optional<Scanned> seen;
  const bool refused = !told->news && told->opened.exists != 0;
  const bool renumbered = told->opened.uid_validity != row.validity;
  const bool uncounted = modseq_of(told->opened) < wanted.changed_since;
  if (refused || renumbered || uncounted) co_return seen;
  scan.storable = storable_in(client);
  seen = take_news(told->opened, wanted, std::move(told->news).value_or(std::vector<Item>()), scan);
  co_return seen;
}

Task<Result<void>> FolderPass::scan_completely(net::ImapClient& client, SideScan& scan) {
  if (scan.complete_from <= 1) co_return Result<void>{};
  auto items = co_await scan_flags(client, scan.complete_from, 0);
  if (!items) co_return fail(items.error());
  std::erase_if(scan.items, [&](const Item& item) { return item.uid < scan.complete_from; });
  scan.items = joined(std::move(*items), std::move(scan.items));
  scan.complete_from = 1;
  scan.vanished.clear();
  co_return Result<void>{};
}

}  // namespace tandem::sync
