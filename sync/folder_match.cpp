// FolderPass: which of the new messages are the same, which are to be copied, and the copying.
#include <algorithm>
#include <fmt/core.h>
#include <map>

#include "sync/closer.hpp"
#include "sync/folder_pass.hpp"
#include "sync/labels.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

bool has_size(const Item& item) {
  return item.size > 0 || item.date != imap::DateTime();
}

// Those at the positions `at` (ascending), moved together in place.
std::vector<Item> only(std::vector<Item> items, const std::vector<std::size_t>& at) {
  std::size_t kept = 0;
  for (const std::size_t position : at) {
    if (kept != position) items[kept] = std::move(items[position]);
    ++kept;
  }
  items.resize(kept);
  return items;
}

// Of rows without a counterpart: the UID of each that is still there, and its position.
std::map<Uid, std::size_t> messages_of(const std::vector<const Row*>& rows, std::size_t first,
                                       const std::set<std::size_t>& taken, bool home) {
  std::map<Uid, std::size_t> known;
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const bool gone = home ? rows[at]->home_gone : rows[at]->mirror_gone;
    const Uid uid = home ? rows[at]->home : rows[at]->mirror;
    if (uid != 0 && !gone && !taken.contains(first + at)) known[uid] = first + at;
  }
  return known;
}

Task<Result<void>> add_known(net::ImapClient& client, std::map<Uid, std::size_t> known,
                             mail::DigestOptions digest, Alone& side) {
  std::vector<Uid> uids;
  for (const auto& [uid, at] : known) uids.push_back(uid);
  auto items = co_await scan_uids(client, uids);
  if (!items) co_return fail(items.error());
  const auto looked = co_await look_at(client, *items, digest);
  if (!looked) co_return looked;
  for (const Item& item : *items) side.add(item, known[item.uid]);
  co_return Result<void>{};
}

}  // namespace

// Fills to_copy_ and to_bring_, after writing what turned out to be the same.
Task<Result<void>> FolderPass::look_and_match() {
  step_ = FolderStep::matching;
  home_items_.clear();
  mirror_items_.clear();
  to_copy_.clear();
  to_bring_.clear();
  open_mirror_.clear();
  to_carry_.clear();
  std::vector<Uid> wanted;  // without date and size yet
  // In place: there may be a million of them. Nobody looks at home's scan after this.
  home_items_ = only(std::exchange(home_scan_.items, {}), diff_.home_new);
  std::erase_if(home_items_, [&](const Item& item) {
    if (!has_size(item)) wanted.push_back(item.uid);
    return !has_size(item);
  });
  const bool retry = std::exchange(may_retry_, false);
  if (retry) wanted.insert(wanted.end(), home_asked_.begin(), home_asked_.end());
  auto more = co_await scan_uids(home_, wanted);
  if (!more) co_return fail(more.error());
  std::ranges::move(*more, std::back_inserter(home_items_));
  std::ranges::sort(home_items_, {}, &Item::uid);
  wanted.clear();
  for (const std::size_t at : diff_.mirror_new) wanted.push_back(mirror_scan_.items[at].uid);
  if (retry) wanted.insert(wanted.end(), mirror_asked_.begin(), mirror_asked_.end());
  auto there = co_await scan_uids(mirror_, wanted);
  if (!there) co_return fail(there.error());
  mirror_items_ = std::move(*there);
  std::ranges::sort(mirror_items_, {}, &Item::uid);
  auto done = Result<void>{};
  if (retry) done = co_await forget_removed(settings_.home, home_asked_, home_items_);
  if (retry && done)
    done = co_await forget_removed(migration::other(settings_.home), mirror_asked_, mirror_items_);
  if (done) done = co_await match_news();
  co_return done;
}

// What was left out stays so, and is told of, until it is on the other side or has gone.
Task<Result<void>> FolderPass::forget_removed(Side side, const std::vector<Uid>& left_out,
                                              const std::vector<Item>& there) {
  std::vector<Uid> gone;
  for (const Uid uid : left_out)
    if (!std::ranges::binary_search(there, uid, {}, &Item::uid)) gone.push_back(uid);
  co_return co_await context_.ledger.unskip(folder_.id, side, std::move(gone));
}

// What cannot be looked at may be what another waits for: nothing is matched without it. It may
// have gone in between; and one that is never shown holds up no folder for ever.
Task<Result<void>> FolderPass::drop_unseen(Side side, std::vector<Item>& items,
                                           const std::vector<Uid>& left_out) {
  std::vector<Uid> unseen;
  for (const Item& item : items)
    if (!item.looked_at) unseen.push_back(item.uid);
  if (unseen.empty()) co_return Result<void>{};
  net::ImapClient& client = side == settings_.home ? home_ : mirror_;
  const auto there = co_await scan_uids(client, unseen);
  if (!there) co_return fail(there.error());
  std::vector<Uid> hidden = uids_of(*there);
  std::erase_if(items, [&](const Item& item) {
    return !item.looked_at && !std::ranges::binary_search(hidden, item.uid);
  });
  std::erase_if(hidden, [&](Uid uid) {
    return std::ranges::binary_search(left_out, uid) ||
           context_.suspects.count(folder_.id, side, uid) + 1 >= Suspects::hopeless;
  });
  if (hidden.empty()) co_return Result<void>{};
  context_.suspects.raise(folder_.id, side, hidden);
  co_return fail(
      Error{.kind = ErrorKind::refused,
            .what = fmt::format("the server lists messages and does not give their headers ({})",
                                hidden.size()),
            .temporary = true});
}

Task<Result<void>> FolderPass::match_news() {
  const auto wants_home = [](const Row& row) { return row.home == 0 && !row.home_gone; };
  const auto wants_mirror = [](const Row& row) { return row.mirror == 0 && !row.mirror_gone; };
  Sides sides;
  // What has neither UID is a tombstone, or waits, and its folder was renumbered.
  for (const Row& row : rows_) {
    const bool traced = !row.trace->empty();
    if ((row.home != 0 || row.home_gone || traced) && wants_mirror(row))
      sides.left_rows.push_back(&row);
    if ((row.mirror != 0 || row.mirror_gone || traced) && wants_home(row))
      sides.right_rows.push_back(&row);
  }
  const bool any_left = !home_items_.empty() || !sides.left_rows.empty();
  const bool any_right = !mirror_items_.empty() || !sides.right_rows.empty();
  mail::DigestOptions digest;
  digest.our_names = {context_.options.our_hostname};
  auto looked = co_await look_at(mirror_, mirror_items_, digest);
  // Where nothing is copied to the mirror, what came by the gateway is told from the rest.
  if (looked)
    looked = co_await drop_unseen(migration::other(settings_.home), mirror_items_, mirror_skipped_);
  const bool look_at_home = any_right || !settings_.mirror_takes_mail;
  if (looked && look_at_home) looked = co_await look_at(home_, home_items_, digest);
  if (looked && look_at_home)
    looked = co_await drop_unseen(settings_.home, home_items_, home_skipped_);
  if (!looked) co_return looked;
  std::set<Identity> known;
  if (!home_items_.empty() && !mirror_items_.empty())
    for (const auto* rows : {&sides.left_rows, &sides.right_rows})
      for (const Row* row : *rows) known.insert(row->identity);
  const auto told =
      co_await tell_apart(home_, home_items_, mirror_, mirror_items_, std::move(known), digest);
  if (!told) co_return fail(told.error());
  if (any_left && any_right) find_pairs(sides, *told);
  auto saved = co_await learn_ids();
  if (saved) saved = co_await look_closer(sides, digest);
  if (saved) saved = co_await find_moved(sides);
  if (saved) saved = co_await find_returned(sides);
  if (saved) saved = co_await agree_on_pairs(sides);
  if (saved) saved = co_await take_pairs(sides);
  if (saved) saved = co_await sort_left(sides);
  if (saved) saved = co_await sort_right(sides);
  if (!saved || !first_contact_) co_return saved;
  // Whatever is on the mirror now is accounted for: from here on, what comes there is news.
  mirror_row().validity = mirror_.selected().uid_validity;
  mirror_row().next = mirror_next_;
  first_contact_ = first_ever_ = false;
  co_return co_await context_.ledger.save_folder(folder_);
}

// Of what need not be downloaded as well: by its id it is told what has become of it, should it go
// from here (find_archived).
Task<Result<void>> FolderPass::learn_ids() {
  auto learned = Result<void>{};
  if (has_labels(home_))
    learned = co_await learn_labels(context_, folder_, home_, settings_.home, uids_of(home_items_));
  if (learned && has_labels(mirror_))
    learned = co_await learn_labels(context_, folder_, mirror_, migration::other(settings_.home),
                                    uids_of(mirror_items_));
  co_return learned;
}

void FolderPass::find_pairs(Sides& sides, const ToldApart& told) {
  const std::int64_t young = young_from(context_.clock.wall());
  std::vector<Candidate> left = candidates(home_items_, young);
  std::vector<Candidate> right = candidates(mirror_items_, young);
  for (const auto& [at, identity] : told.left) left[at].identity = identity;
  for (const auto& [at, identity] : told.right) right[at].identity = identity;
  // A tombstone comes last of its like.
  const auto order = [](Uid uid) { return uid != 0 ? uid : ~Uid{0}; };
  for (const Row* row : sides.left_rows)
    left.push_back({left.size(), order(row->home), row->identity, *row->trace});
  for (const Row* row : sides.right_rows)
    right.push_back({right.size(), order(row->mirror), row->identity, *row->trace});
  std::vector<const Row*> lonely;
  for (const Match& pair : match(left, right)) {
    const Row* row = met_itself(sides, pair);
    if (row != nullptr) {
      lonely.push_back(row);
      continue;
    }
    sides.found.push_back(pair);
    sides.left_taken.insert(pair.left);
    sides.right_taken.insert(pair.right);
  }
  // Its message was found on both sides: that pair is the row now.
  for (const Row* row : lonely)
    if (std::ranges::any_of(sides.found, [&](const Match& pair) {
          return pair.left < home_items_.size() &&
                 home_items_[pair.left].look->trace == *row->trace;
        }))
      obsolete_.push_back(row->id);
}

// A row that waits, and knows no UID since its folder was renumbered, stands on both sides.
const Row* FolderPass::met_itself(const Sides& sides, const Match& pair) const {
  if (pair.left < home_items_.size() || pair.right < mirror_items_.size()) return nullptr;
  const Row* const left = sides.left_rows[pair.left - home_items_.size()];
  return left == sides.right_rows[pair.right - mirror_items_.size()] ? left : nullptr;
}

// What servers changed on its way has no pair yet. A row is looked at by its message, where the
// other side was numbered anew.
Task<Result<void>> FolderPass::look_closer(Sides& sides, mail::DigestOptions digest) {
  Alone left = alone(home_items_, sides.left_taken);
  Alone right = alone(mirror_items_, sides.right_taken);
  auto done = Result<void>{};
  if (mirror_was_reset_ && !right.items.empty()) {
    const auto known = messages_of(sides.left_rows, home_items_.size(), sides.left_taken, true);
    done = co_await add_known(home_, known, digest, left);
  } else if (home_was_reset_ && !left.items.empty()) {
    const auto known =
        messages_of(sides.right_rows, mirror_items_.size(), sides.right_taken, false);
    done = co_await add_known(mirror_, known, digest, right);
  }
  if (!done || left.items.empty() || right.items.empty()) co_return done;
  const auto more = co_await match_whole(home_, left, mirror_, right, digest);
  if (!more) co_return fail(more.error());
  for (const Match& pair : *more) {
    sides.found.push_back(pair);
    sides.left_taken.insert(pair.left);
    sides.right_taken.insert(pair.right);
  }
  co_return Result<void>{};
}

// Once a pair has its row, nobody knows any more what it had in common before: what people flagged
// on either copy since is done on both first. May be done twice.
Task<Result<void>> FolderPass::agree_on_pairs(Sides& sides) {
  Agreement agreement;
  std::map<std::size_t, Uid> met;  // the mirror's, by the position at home
  for (const Match& pair : sides.found) {
    if (pair.left >= home_items_.size()) continue;
    Item& item = home_items_[pair.left];
    const bool right_is_item = pair.right < mirror_items_.size();
    Item waiting;
    if (!right_is_item) {
      const Row& row = *sides.right_rows[pair.right - mirror_items_.size()];
      waiting.uid = row.mirror;
      waiting.flags = row.flags;
      waiting.look = Look{row.identity, {}, *row.trace};
      const auto seen = std::ranges::lower_bound(mirror_scan_.items, row.mirror, {}, &Item::uid);
      if (seen != mirror_scan_.items.end() && seen->uid == row.mirror) waiting.flags = seen->flags;
    }
    Item& there = right_is_item ? mirror_items_[pair.right] : waiting;
    const auto known = sides.agreed.find(pair.left);
    // The gateway's two copies have no flags when they are made.
    const bool of_gateway = !there.look->trace.empty() && there.look->trace == item.look->trace;
    if (there.uid == 0 || (known == sides.agreed.end() && !of_gateway)) continue;
    const Flags base = known == sides.agreed.end() ? Flags() : known->second;
    const Flags now = merge(base, item.flags, there.flags);
    agreement.at_home.change(item, now, home_scan_.storable);
    agreement.on_mirror.change(there, now, mirror_scan_.storable);
    sides.agreed[pair.left] = now;
    met[pair.left] = there.uid;
  }
  const auto refused = co_await store(agreement);
  if (!refused) co_return fail(refused.error());
  for (const auto& [position, uid] : met) {
    Flags& agreed = sides.agreed[position];
    agreed = refused->correct(home_items_[position].uid, uid, agreed);
  }
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::take_pairs(const Sides& sides) {
  std::vector<Row> changed;
  std::vector<std::int64_t> merged;
  const bool both_renumbered = home_was_reset_ && mirror_renumbered_;
  for (const Match& pair : sides.found) {
    const bool left_is_item = pair.left < home_items_.size();
    const bool right_is_item = pair.right < mirror_items_.size();
    // What changed beside is seen when the row knows both.
    if (!left_is_item || !right_is_item) again_ = true;
    Row row;
    if (right_is_item) {
      const Item& item = mirror_items_[pair.right];
      if (!left_is_item) row = *sides.left_rows[pair.left - home_items_.size()];
      if (left_is_item) row.flags = item.flags;
      row.mirror = item.uid;
      row.identity = item.look->identity;
      // One that was known and is found again under another UID is what it was.
      const bool is_new = left_is_item ? !both_renumbered : !row.trace->empty();
      row.mirror_copied = row.mirror_copied || (is_new && !item.look->trace.empty());
    } else {
      row = *sides.right_rows[pair.right - mirror_items_.size()];
      row.mirror_copied = row.mirror_copied || !row.trace->empty();
    }
    if (left_is_item) {
      const Item& item = home_items_[pair.left];
      row.home = item.uid;
      row.identity = item.look->identity;
      folder_.bytes_done += item.size;
      context_.board.count(folder_.account, settings_.shown, 1, item.size);
      const auto before = sides.before.find(pair.left);
      if (before != sides.before.end()) {
        row.home_copied = before->second.home_copied;
        row.mirror_copied = before->second.mirror_copied;
      }
      const auto agreed = sides.agreed.find(pair.left);
      if (agreed != sides.agreed.end()) {
        row.flags = agreed->second;
        std::erase_if(diff_.flags, [&](const FlagChange& change) { return change.row == row.id; });
      } else if (item.flags != row.flags) {
        again_ = true;  // the flags are agreed on when the pair has its row
      }
    } else if (!right_is_item) {
      const Row& left = *sides.left_rows[pair.left - home_items_.size()];
      merged.push_back(left.id);
      row.home = left.home;
      row.home_gone = left.home_gone;
      row.flags = left.flags;
      row.home_copied = row.home_copied || left.home_copied;
      row.mirror_copied = row.mirror_copied || left.mirror_copied;
    }
    changed.push_back(std::move(row));
  }
  auto saved = co_await context_.ledger.remove_rows(std::move(merged));
  if (saved) saved = co_await context_.ledger.save_rows(folder_.id, settings_.home, changed);
  co_return saved;
}

// Of home, where the mirror takes no mail: it stays here alone. What came by the gateway may have a
// copy there that the gateway sends, and waits for it.
Task<Result<void>> FolderPass::leave_at_home(const Sides& sides) {
  std::vector<Row> stay;
  for (std::size_t at = 0; at < home_items_.size(); ++at) {
    if (sides.left_taken.contains(at)) continue;
    Row& row = stay.emplace_back();
    row.home = home_items_[at].uid;
    row.flags = home_items_[at].flags;
    row.identity = home_items_[at].look->identity;
    row.trace = home_items_[at].look->trace;
    row.mirror_gone = row.trace->empty();
  }
  for (std::size_t at = 0; at < sides.left_rows.size(); ++at) {
    const Row& row = *sides.left_rows[at];
    if (sides.left_taken.contains(home_items_.size() + at) || !row.trace->empty()) continue;
    stay.push_back(row);
    stay.back().mirror_gone = true;
  }
  mirror_was_reset_ = false;
  co_return co_await context_.ledger.save_rows(folder_.id, settings_.home, std::move(stay));
}

// Of home: what is not on the mirror is to be copied.
Task<Result<void>> FolderPass::sort_left(const Sides& sides) {
  if (!settings_.mirror_takes_mail) co_return co_await leave_at_home(sides);
  const std::size_t first_row = home_items_.size();
  std::vector<std::size_t> alone;
  for (std::size_t at = 0; at < first_row; ++at)
    if (!sides.left_taken.contains(at)) alone.push_back(at);
  to_copy_ = only(std::exchange(home_items_, {}), alone);
  if (!mirror_was_reset_) co_return Result<void>{};
  // The mirror's folder was made anew, and these are not in it.
  mirror_was_reset_ = false;
  std::vector<Uid> lost;
  std::vector<std::int64_t> rows;
  for (std::size_t at = 0; at < sides.left_rows.size(); ++at) {
    if (sides.left_taken.contains(first_row + at)) continue;
    if (!sides.left_rows[at]->trace->empty()) continue;  // it never had a counterpart
    rows.push_back(sides.left_rows[at]->id);
    if (!sides.left_rows[at]->home_gone) lost.push_back(sides.left_rows[at]->home);
  }
  // Nothing is known of them once their rows are gone: should this break off, they are news again.
  if (!lost.empty()) home_row().next = std::min(home_row().next, std::ranges::min(lost));
  auto items = co_await scan_uids(home_, lost);
  if (!items) co_return fail(items.error());
  std::ranges::move(*items, std::back_inserter(to_copy_));
  std::ranges::sort(to_copy_, {}, &Item::uid);
  co_return co_await context_.ledger.remove_rows(std::move(rows));
}

// Of the mirror: what home has not. Arrivals are brought home; what came through the gateway was at
// home before, so it was removed there, or home is late: it stays open, and is not brought back.
// What was there at the very first contact is not ours to move; nor is anything where home takes
// none.
Task<Result<void>> FolderPass::sort_right(const Sides& sides) {
  std::vector<Row> remembered;
  for (std::size_t at = 0; at < mirror_items_.size(); ++at) {
    if (sides.right_taken.contains(at)) continue;
    Item& item = mirror_items_[at];
    if (!first_ever_ && item.look->trace.empty() && settings_.home_takes_mail) {
      to_bring_.push_back(std::move(item));
      continue;
    }
    Row row;
    row.mirror = item.uid;
    row.flags = item.flags;
    row.identity = item.look->identity;
    row.trace = item.look->trace;
    row.home_gone = item.look->trace.empty();
    remembered.push_back(row);
  }
  for (std::size_t at = 0; at < sides.right_rows.size(); ++at) {
    if (sides.right_taken.contains(mirror_items_.size() + at)) continue;
    const Row& row = *sides.right_rows[at];
    // One that waits for home's copy was not in the folder that was made anew.
    if (home_was_reset_ && row.trace->empty()) {
      if (row.mirror == 0) {
        obsolete_.push_back(row.id);
        continue;
      }
      remembered.push_back(row);
      remembered.back().home_gone = remembered.back().home_fresh = true;
      continue;
    }
    if (row.mirror == 0 || row.mirror_gone) continue;
    Unpaired& open = open_mirror_.emplace_back();
    open.row = row.id;
    open.item.uid = row.mirror;
    open.item.flags = row.flags;
    open.item.look = Look{row.identity, {}, *row.trace};
  }
  home_was_reset_ = false;
  auto saved = co_await context_.ledger.save_rows(folder_.id, settings_.home, remembered);
  std::vector<Row> resolved = std::exchange(resolved_, {});
  if (saved) saved = co_await context_.ledger.save_rows(folder_.id, settings_.home, resolved);
  std::vector<std::int64_t> obsolete = std::exchange(obsolete_, {});
  if (saved) saved = co_await context_.ledger.remove_rows(std::move(obsolete));
  co_return saved;
}

Task<Result<void>> FolderPass::copy() {
  step_ = FolderStep::copying;
  home_later_.clear();
  if (to_copy_.empty()) co_return Result<void>{};
  folder_.bytes = folder_.bytes_done;
  for (const Item& item : to_copy_) folder_.bytes += item.size;
  context_.board.correct_bytes(folder_.account, settings_.shown, folder_.bytes);
  Transfer transfer(context_, budget_, folder_, settings_.shown, to_mirror(), std::move(to_copy_),
                    std::move(open_mirror_), mirror_next_);
  const auto done = co_await transfer.run();
  mirror_next_ = transfer.target_next();
  home_later_ = transfer.later();
  note_copied(transfer);
  co_return done;
}

Task<Result<void>> FolderPass::bring_home() {
  step_ = FolderStep::returning;
  mirror_later_.clear();
  if (to_bring_.empty()) co_return Result<void>{};
  Transfer transfer(context_, budget_, folder_, settings_.shown, to_home(), std::move(to_bring_),
                    {}, home_next_);
  const auto done = co_await transfer.run();
  home_next_ = transfer.target_next();
  mirror_later_ = transfer.later();
  note_copied(transfer);
  co_return done;
}

void FolderPass::note_copied(const Transfer& transfer) {
  report_.copied += transfer.appended();
  if (transfer.found_strangers() || transfer.lost_flags()) again_ = true;
  if (const auto waits = transfer.waits()) report_.waits = waits;
}

}  // namespace tandem::sync
