// FolderPass: what was moved between folders. A message that is new in this folder and has gone
// from another since the last complete pass, by its identity and on counts, was moved: the mirror's
// copy follows by MOVE, and pairs with it in the next round. A move on the mirror is remembered on
// both ends and not carried home.
#include <algorithm>
#include <map>

#include "lib/base/log.hpp"
#include "sync/folder_pass.hpp"
#include "sync/move.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

using Loose = Ledger::Loose;

std::vector<Candidate> untaken(const std::vector<Item>& items, const std::set<std::size_t>& taken) {
  std::vector<Candidate> all = candidates(items);
  std::erase_if(all, [&](const Candidate& one) { return taken.contains(one.index); });
  return all;
}

template <class Wanted>
std::vector<Candidate> rows_of(const std::vector<Loose>& loose, Wanted wanted) {
  std::vector<Candidate> all;
  for (std::size_t at = 0; at < loose.size(); ++at) {
    const Row& row = loose[at].row;
    const auto order = static_cast<Uid>(at + 1);
    if (wanted(loose[at])) all.push_back({at, order, row.identity, *row.trace});
  }
  return all;
}

}  // namespace

Task<Result<void>> FolderPass::find_moved(Sides& sides) {
  if (home_items_.empty() && mirror_items_.empty()) co_return Result<void>{};
  auto loose = context_.ledger.loose(folder_.account, settings_.home);
  if (!loose) co_return fail(loose.error());
  // Those of this folder that only wait for their counterpart were candidates already.
  std::erase_if(*loose, [this](const Loose& one) {
    return one.folder == folder_.id && !one.row.home_fresh && !one.row.mirror_fresh;
  });
  if (loose->empty()) co_return Result<void>{};
  mail::DigestOptions digest;
  digest.our_names = {context_.options.our_hostname};
  const auto looked = co_await look_at(home_, home_items_, digest);
  if (!looked) co_return looked;
  const std::size_t before = resolved_.size() + obsolete_.size();
  find_moved_on_both(sides, *loose);
  find_moved_at_home(sides, *loose);
  find_moved_on_mirror(sides, *loose);
  deferred_ = settings_.beside_others &&
              (!to_carry_.empty() || resolved_.size() + obsolete_.size() > before);
  if (deferred_) co_return fail(ErrorKind::conflict, "messages were moved between folders");
  co_return Result<void>{};
}

// Moved alike on both sides: they have new rows, and what they had agreed on is in an old one.
void FolderPass::find_moved_on_both(Sides& sides, const std::vector<Loose>& loose) {
  std::vector<Candidate> pairs;
  for (const Match& pair : sides.found) {
    if (pair.left >= home_items_.size() || pair.right >= mirror_items_.size()) continue;
    const Item& item = home_items_[pair.left];
    pairs.push_back({pair.left, item.uid, item.look->identity, item.look->trace});
  }
  const auto on_both = [](const Loose& one) {
    return one.row.home_fresh && one.row.mirror_fresh && one.row.home != 0 && one.row.mirror != 0;
  };
  for (const Match& found : match(pairs, rows_of(loose, on_both))) {
    sides.agreed[found.left] = loose[found.right].row.flags;
    sides.before[found.left] = loose[found.right].row;
    obsolete_.push_back(loose[found.right].row.id);
  }
}

void FolderPass::find_moved_at_home(Sides& sides, const std::vector<Loose>& loose) {
  const auto on_mirror = [](const Loose& one) {
    const Row& row = one.row;
    if (row.mirror == 0 || row.mirror_gone) return false;
    return row.home_fresh || (row.home == 0 && !row.home_gone);
  };
  for (const Match& found :
       match(untaken(home_items_, sides.left_taken), rows_of(loose, on_mirror))) {
    const Item& item = home_items_[found.left];
    sides.left_taken.insert(found.left);
    if (loose[found.right].folder != folder_.id) {
      to_carry_.push_back({loose[found.right], item});
      continue;
    }
    Row row = loose[found.right].row;  // taken out and put back
    row.home = item.uid;
    row.home_gone = row.home_fresh = false;
    if (item.flags != row.flags) again_ = true;
    resolved_.push_back(std::move(row));
  }
  // Moved at home, and removed on the mirror, or never copied to it: so it stays. One whose other
  // copy the gateway still owes goes on waiting for it.
  const auto nowhere = [](const Loose& one) {
    return one.row.home_fresh && (one.row.mirror_gone || one.row.mirror == 0);
  };
  for (const Match& found :
       match(untaken(home_items_, sides.left_taken), rows_of(loose, nowhere))) {
    const Item& item = home_items_[found.left];
    sides.left_taken.insert(found.left);
    Row row;
    row.home = item.uid;
    row.flags = item.flags;
    row.identity = item.look->identity;
    if (!loose[found.right].row.mirror_gone) row.trace = item.look->trace;
    row.mirror_gone = row.trace->empty();
    resolved_.push_back(std::move(row));
    obsolete_.push_back(loose[found.right].row.id);
  }
}

void FolderPass::find_moved_on_mirror(Sides& sides, const std::vector<Loose>& loose) {
  const auto left_mirror = [](const Loose& one) { return one.row.mirror_fresh; };
  for (const Match& found :
       match(untaken(mirror_items_, sides.right_taken), rows_of(loose, left_mirror))) {
    const Item& item = mirror_items_[found.left];
    Row before = loose[found.right].row;
    sides.right_taken.insert(found.left);
    before.mirror_fresh = false;
    if (loose[found.right].folder == folder_.id && !before.home_gone) {
      before.mirror = item.uid;
      before.mirror_gone = false;
      resolved_.push_back(std::move(before));
      continue;
    }
    Row row;
    row.mirror = item.uid;
    row.flags = item.flags;
    row.identity = item.look->identity;
    row.home_gone = true;
    resolved_.push_back(std::move(row));
    if (before.home_gone)
      obsolete_.push_back(before.id);
    else
      resolved_.push_back(std::move(before));
  }
}

// Carries on the mirror what was moved at home.
Task<Result<void>> FolderPass::carry() {
  step_ = FolderStep::carrying;
  if (to_carry_.empty()) co_return Result<void>{};
  const auto folders = context_.ledger.folders(folder_.account);
  if (!folders) co_return fail(folders.error());
  std::map<std::int64_t, std::vector<Moved>> by_folder;
  for (Moved& one : to_carry_) by_folder[one.from.folder].push_back(std::move(one));
  to_carry_.clear();
  for (const auto& [id, messages] : by_folder) {
    const auto from = std::ranges::find(*folders, id, &FolderRow::id);
    if (from == folders->end()) continue;
    const auto done = co_await carry_from(*from, messages);
    if (!done) co_return done;
  }
  again_ = true;  // and there they are found to be the same
  const auto selected = co_await select_counted(mirror_, pair_.mirror_name);
  if (!selected) co_return fail(selected.error());
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::carry_from(const FolderRow& from,
                                          const std::vector<Moved>& messages) {
  const FolderSide& there = from.at(migration::other(settings_.home));
  std::vector<std::int64_t> rows;
  std::vector<Row> stay;
  imap::SequenceSet set;
  for (const auto& [one, item] : messages) {
    rows.push_back(one.row.id);
    set.add(one.row.mirror);
    stay.push_back(one.row);
    stay.back().home_gone = true;
    stay.back().home_fresh = false;
  }
  const auto selected = co_await mirror_.select(there.name);
  if (!selected && is_fatal(selected.error())) co_return fail(selected.error());
  auto moved = Result<MoveOutcome>(MoveOutcome{.removed = false, .validity = 0, .uids = {}});
  if (selected && selected->uid_validity == there.validity) {
    const auto merged = co_await merge_moved(there, messages);
    if (!merged) co_return merged;
    moved = co_await move_messages(mirror_, set, pair_.mirror_name);
  }
  if (!moved && is_fatal(moved.error())) co_return fail(moved.error());
  if (!moved)
    log::warning("W-SYNC-8", "account {}: messages could not be moved from '{}' to '{}': {}",
                 folder_.account, there.name, pair_.mirror_name, moved.error().to_string());
  // What cannot be moved stays where it is, and is copied to where it is missing.
  if (!moved || !moved->removed)
    co_return co_await context_.ledger.save_rows(from.id, settings_.home, std::move(stay));
  std::vector<Row> pairs;
  for (const auto& [one, item] : messages) {
    const auto now = moved->uids.find(one.row.mirror);
    if (now == moved->uids.end() || moved->validity != mirror_row().validity)
      continue;  // the next round pairs it
    Row& pair = pairs.emplace_back(one.row);
    pair.id = 0;
    pair.home = item.uid;
    pair.mirror = now->second;
    pair.home_gone = pair.mirror_gone = pair.home_fresh = pair.mirror_fresh = false;
    pair.mirror_copied = pair.mirror_copied || !one.row.trace->empty();
    folder_.bytes_done += item.size;
    context_.board.count(folder_.account, settings_.shown, 1, item.size);
  }
  co_return co_await context_.ledger.replace_rows(folder_.id, settings_.home, std::move(rows),
                                                  std::move(pairs));
}

// Once they are in the new folder, nobody knows any more what both agreed on: what was flagged on
// either since is done on both first. May be done twice.
Task<Result<void>> FolderPass::merge_moved(const FolderSide& there,
                                           const std::vector<Moved>& messages) {
  std::vector<Uid> uids;
  for (const auto& [from, item] : messages) uids.push_back(from.row.mirror);
  const auto scanned = co_await scan_uids(mirror_, uids);
  if (!scanned) co_return fail(scanned.error());
  const Storable storable = storable_in(mirror_);
  Agreement agreement;
  for (const auto& [from, item] : messages) {
    const auto copy = std::ranges::lower_bound(*scanned, from.row.mirror, {}, &Item::uid);
    if (copy == scanned->end() || copy->uid != from.row.mirror) continue;
    const Flags home = as_said(item.flags, from.row.flags, home_scan_.storable);
    const Flags mirror = as_said(copy->flags, from.row.flags, storable);
    Flags now = home;
    if (from.row.home == 0)  // home's copy came late
      now = unite(home, mirror);
    else if (from.row.mirror < there.next)
      now = merge(from.row.flags, home, mirror);
    agreement.at_home.change(item, now, home_scan_.storable);
    agreement.on_mirror.change(*copy, now, storable);
  }
  const auto stored = co_await store(agreement);
  if (!stored) co_return fail(stored.error());
  co_return Result<void>{};
}

}  // namespace tandem::sync
