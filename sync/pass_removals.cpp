// AccountPass: what was removed at home goes to quarantine on the mirror, if we copied it there and
// the migration says so (sync.propagate_deletes). Only what this and the look before found gone by
// its UID, under an unchanged UIDVALIDITY: what was removed before it was switched on, what a
// renumbered folder lacks, and what a person moved stays; and what a POP3 mailbox lacks, which
// clients empty as they fetch from it and hosts let age out.
#include <algorithm>
#include <map>

#include "migration/deletion_reasons.hpp"
#include "sync/brake.hpp"
#include "sync/labels.hpp"
#include "sync/pass.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t taken_at_once = 200;

bool is_removal(const Row& row) {
  return row.home != 0 && row.home_gone && row.home_fresh && row.mirror != 0 && !row.mirror_gone &&
         row.mirror_copied;
}

Deletion deletion_of(const Ledger::Loose& one, const FolderRow& folder, Side mirror, WallTime now) {
  Deletion noted;
  noted.account = folder.account;
  noted.folder = folder.id;
  noted.side = mirror;
  noted.folder_name = folder.at(mirror).name;
  noted.validity = folder.at(mirror).validity;
  noted.uid = one.row.mirror;
  noted.identity = one.row.identity;
  noted.noted_at = noted.at = now;
  return noted;
}

}  // namespace

net::ImapClient& AccountPass::client_at(Side side) {
  return side == settings_.home ? home_ : mirror_;
}

Quarantine AccountPass::quarantine_on(Side side) {
  const SideFolders& folders = side == settings_.home ? home_side_ : mirror_side_;
  return {context_, account_, client_at(side), side, folders.naming};
}

Task<Result<void>> AccountPass::recover() {
  auto done = Result<void>{};
  for (const Side side : {Side::old_side, Side::new_side}) {
    Quarantine quarantine = quarantine_on(side);
    if (done) done = co_await quarantine.recover();
  }
  co_return done;
}

// True: nothing is gone that the look before has not seen gone.
Result<bool> AccountPass::note_removed() {
  if (!carries_deletions()) return true;
  std::set<std::pair<std::int64_t, Uid>> before;
  for (const Loose& one : removed_) before.emplace(one.folder, one.row.mirror);
  auto loose = context_.ledger.loose(account_, settings_.home);
  if (!loose) return fail(loose.error());
  removed_ = std::move(*loose);
  std::erase_if(removed_, [](const Loose& one) { return !is_removal(one.row); });
  seen_removed_ = std::move(before);
  return std::ranges::all_of(removed_, [this](const Loose& one) {
    return seen_removed_.contains({one.folder, one.row.mirror});
  });
}

// Notes what is to be done, or held; what was seen gone once only waits for the next pass.
Task<Result<void>> AccountPass::end_removals() {
  const auto folders = context_.ledger.folders(account_);
  if (!folders) co_return fail(folders.error());
  std::vector<Deletion> noted;
  std::vector<Loose> waiting;
  for (const Loose& one : removed_) {
    const auto folder = std::ranges::find(*folders, one.folder, &FolderRow::id);
    const bool twice = seen_removed_.contains({one.folder, one.row.mirror});
    if (unseen_ || !twice || folder == folders->end())
      waiting.push_back(one);
    else
      noted.push_back(deletion_of(one, *folder, mirror_side(), context_.clock.wall()));
  }
  const auto braked = brake(noted);
  if (!braked) co_return braked;
  co_return co_await context_.ledger.end_removals(account_, std::move(noted), std::move(waiting),
                                                  settings_.home);
}

Result<void> AccountPass::brake(std::vector<Deletion>& noted) const {
  if (noted.empty()) return {};
  const auto held = context_.ledger.deletions(account_, {DeletionState::held});
  const auto rows = context_.ledger.folders(account_);
  if (!held) return fail(held.error());
  if (!rows) return fail(rows.error());
  std::vector<FolderRemovals> folders;
  for (const FolderRow& row : *rows) {
    const auto counts = context_.ledger.counts(row.id, settings_.home);
    if (!counts) return fail(counts.error());
    FolderRemovals& one = folders.emplace_back();
    one.folder = row.id;
    one.messages = static_cast<std::uint64_t>(std::ranges::count(noted, row.id, &Deletion::folder));
    one.all = counts->mirror;
    one.vanished = home_side_.find(row.at(settings_.home).name) == nullptr;
    one.held = std::ranges::find(*held, row.id, &Deletion::folder) != held->end();
  }
  const auto stopped = braked(folders, {sync_.brake_messages, sync_.brake_percent});
  for (Deletion& one : noted)
    if (stopped.contains(one.folder)) one.state = DeletionState::held;
  return {};
}

Task<Result<void>> AccountPass::carry_out() {
  if (!carries_deletions() || unseen_) co_return Result<void>{};
  const auto wanted = context_.ledger.deletions(account_, {DeletionState::wanted});
  if (!wanted) co_return fail(wanted.error());
  const auto rows = context_.ledger.folders(account_);
  if (!rows) co_return fail(rows.error());
  for (const FolderRow& row : *rows) {
    std::vector<Deletion> some;
    for (const Deletion& one : *wanted)
      if (one.folder == row.id) some.push_back(one);
    if (some.empty()) continue;
    const auto done = co_await carry_out_in(row, std::move(some));
    if (!done) co_return done;
  }
  co_return co_await expunge_old();
}

// Nobody is asked about what is another's business by now.
Task<Result<void>> AccountPass::drop_moot() {
  const auto all =
      context_.ledger.deletions(account_, {DeletionState::wanted, DeletionState::held});
  if (!all) co_return fail(all.error());
  if (all->empty()) co_return Result<void>{};
  const auto rows = context_.ledger.folders(account_);
  if (!rows) co_return fail(rows.error());
  std::vector<Deletion> moot;
  for (const Deletion& one : *all) {
    auto why = why_moot(one, *rows);
    if (!why) co_return fail(why.error());
    if (why->empty()) continue;
    Deletion& dropped = moot.emplace_back(one);
    dropped.state = DeletionState::left_alone;
    dropped.at = context_.clock.wall();
    dropped.why = std::move(*why);
  }
  co_return co_await context_.ledger.save_deletions(std::move(moot));
}

// By what the ledger says. Empty: it is as it was noted.
Result<std::string> AccountPass::why_moot(const Deletion& one,
                                          const std::vector<FolderRow>& rows) const {
  if (one.side == settings_.home) return std::string(migration::account_was_moved.en);
  const auto folder = std::ranges::find(rows, one.folder, &FolderRow::id);
  if (folder == rows.end() || folder->at(one.side).validity != one.validity)
    return std::string(migration::folder_made_anew.en);
  Ledger::RowsWanted wanted;
  wanted.home_from = wanted.mirror_from = ~Uid{0};
  wanted.mirror_uids.push_back(one.uid);
  const auto messages = context_.ledger.rows(one.folder, settings_.home, wanted);
  if (!messages) return fail(messages.error());
  const auto row = std::ranges::find(*messages, one.uid, &Row::mirror);
  if (row == messages->end() || row->mirror_gone) return std::string(migration::moved_meanwhile.en);
  if (!row->home_gone) return std::string(migration::there_again.en);
  return std::string();
}

Task<Result<void>> AccountPass::carry_out_in(const FolderRow& row, std::vector<Deletion> wanted) {
  Quarantine quarantine = quarantine_on(mirror_side());
  while (!wanted.empty()) {
    if (context_.stopping) co_return stopped();
    const std::size_t rest = wanted.size() - std::min(taken_at_once, wanted.size());
    std::vector<Deletion> some(wanted.begin() + static_cast<std::ptrdiff_t>(rest), wanted.end());
    wanted.resize(rest);
    auto meant = co_await still_meant(row, std::move(some));
    if (!meant) co_return fail(meant.error());
    if (meant->empty()) continue;
    const std::string folder = row.at(mirror_side()).name;
    const auto taken = co_await quarantine.take(folder, std::move(*meant));
    if (!taken) co_return fail(taken.error());
    report_.quarantined += *taken;
  }
  co_return Result<void>{};
}

// Directly before it is done: it is still gone at home. (What the mirror has at its UID, Quarantine
// looks at.)
Task<Result<std::vector<Deletion>>> AccountPass::still_meant(const FolderRow& row,
                                                             std::vector<Deletion> wanted) {
  Ledger::RowsWanted named;
  named.home_from = named.mirror_from = ~Uid{0};
  named.mirror_uids.reserve(wanted.size());
  for (const Deletion& one : wanted) named.mirror_uids.push_back(one.uid);
  const auto rows = context_.ledger.rows(row.id, settings_.home, named);
  if (!rows) co_return fail(rows.error());
  std::map<Uid, Uid> home_of;  // by the mirror's UID; 0: home's folder was renumbered since
  std::vector<Uid> uids;
  for (const Row& message : *rows) {
    if (message.mirror == 0 || message.mirror_gone || !message.home_gone) continue;
    home_of[message.mirror] = message.home;
    if (message.home != 0) uids.push_back(message.home);
  }
  const auto spared = co_await spared_at_home(row, std::move(uids));
  if (!spared) co_return fail(spared.error());
  std::vector<Deletion> meant;
  std::vector<Deletion> others;
  for (Deletion& one : wanted) {
    const auto found = home_of.find(one.uid);
    const auto why = found == home_of.end() ? spared->end() : spared->find(found->second);
    if (found != home_of.end() && why == spared->end()) {
      meant.push_back(std::move(one));
      continue;
    }
    one.state = DeletionState::left_alone;
    one.at = context_.clock.wall();
    one.why = why == spared->end() ? std::string(migration::there_again.en) : why->second;
    others.push_back(std::move(one));
  }
  const auto saved = co_await context_.ledger.save_deletions(std::move(others));
  if (!saved) co_return fail(saved.error());
  co_return meant;
}

// Of these UIDs of home's folder, those that are there after all.
Task<Result<std::set<Uid>>> AccountPass::back_at_home(const FolderRow& row, std::vector<Uid> uids) {
  std::set<Uid> back;
  const FolderSide& side = row.at(settings_.home);
  if (uids.empty() || home_side_.find(side.name) == nullptr) co_return back;
  const auto opened = co_await home_.examine(side.name);
  if (!opened) co_return fail(opened.error());
  if (opened->uid_validity != side.validity) co_return back;
  const auto items = co_await scan_uids(home_, std::move(uids));
  if (!items) co_return fail(items.error());
  for (const Item& item : *items) back.insert(item.uid);
  co_return back;
}

// Of these UIDs of home's folder, those that were not deleted after all, and why.
Task<Result<std::map<Uid, std::string>>> AccountPass::spared_at_home(const FolderRow& row,
                                                                     std::vector<Uid> uids) {
  std::map<Uid, std::string> spared;
  auto back = co_await back_at_home(row, uids);
  if (!back) co_return fail(back.error());
  if (has_labels(home_)) {
    const auto is_all = [](const Folder& folder) { return folder.use == SpecialUse::all; };
    const auto all = std::ranges::find_if(home_side_.folders, is_all);
    const bool any = all != home_side_.folders.end();
    const bool copied = any && std::ranges::any_of(work_, [&](const Work& work) {
                          return work.pair.home != nullptr && work.pair.home->name == all->name;
                        });
    if (!copied) {
      const std::string name = any ? all->name : "";
      auto archived =
          co_await find_archived(context_, row, home_, settings_.home, name, std::move(uids));
      if (!archived) co_return fail(archived.error());
      spared = std::move(*archived);
    }
  }
  for (const Uid uid : *back) spared[uid] = migration::there_again.en;
  co_return spared;
}

Task<Result<void>> AccountPass::expunge_old() {
  if (sync_.quarantine_time <= Duration::zero()) co_return Result<void>{};
  const auto inside = context_.ledger.deletions(account_, {DeletionState::quarantined});
  if (!inside) co_return fail(inside.error());
  const WallTime until = context_.clock.wall() - sync_.quarantine_time;
  for (const Side side : {Side::old_side, Side::new_side}) {
    std::vector<Deletion> old;
    for (const Deletion& one : *inside)
      if (one.side == side && one.at <= until) old.push_back(one);
    if (old.empty()) continue;
    Quarantine quarantine = quarantine_on(side);
    const auto gone = co_await quarantine.expunge(std::move(old));
    if (!gone) co_return fail(gone.error());
  }
  co_return Result<void>{};
}

}  // namespace tandem::sync
