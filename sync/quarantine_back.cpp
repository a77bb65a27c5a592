// Quarantine: out of it again, away for good, and what a crash left.
#include <algorithm>
#include <map>

#include "lib/net/task_group.hpp"
#include "sync/copy.hpp"
#include "sync/quarantine.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t returned_at_once = 200;

using Group = std::vector<Deletion>;

std::map<std::int64_t, Group> by_folder(std::vector<Deletion> all) {
  std::map<std::int64_t, Group> groups;
  for (Deletion& one : all) groups[one.folder].push_back(std::move(one));
  return groups;
}

std::vector<Group> in_batches(const Group& all) {
  std::vector<Group> batches;
  for (std::size_t at = 0; at < all.size(); ++at) {
    if (at % returned_at_once == 0) batches.emplace_back();
    batches.back().push_back(all[at]);
  }
  return batches;
}

}  // namespace

// A quarantine folder that was made anew or renumbered: they are found again by identity, on
// counts.
Task<Result<void>> Quarantine::find_again(std::vector<Deletion>& all) {
  const auto place = co_await look_up(quarantine_, false);
  if (!place) co_return fail(place.error());
  const bool same = std::ranges::all_of(
      all, [&](const Deletion& one) { return one.validity == place->validity; });
  if (same || place->validity == 0) co_return Result<void>{};
  const auto opened = co_await client_.select(quarantine_);
  if (!opened) co_return fail(opened.error());
  const auto listed = co_await scan_from(client_, 1);
  if (!listed) co_return fail(listed.error());
  const auto items = co_await looked_at(uids_of(*listed));
  if (!items) co_return fail(items.error());
  const auto inside = context_.ledger.deletions(account_, {DeletionState::quarantined});
  if (!inside) co_return fail(inside.error());
  std::set<Uid> taken;
  for (const Deletion& one : *inside)
    if (one.side == side_ && one.validity == opened->uid_validity) taken.insert(one.uid);
  std::vector<Deletion> found;
  for (Deletion& one : all) {
    if (one.validity == opened->uid_validity) continue;
    const auto item = std::ranges::find_if(*items, [&](const Item& candidate) {
      return candidate.look->identity == one.identity && !taken.contains(candidate.uid);
    });
    if (item == items->end()) continue;
    taken.insert(item->uid);
    one.uid = item->uid;
    one.validity = opened->uid_validity;
    found.push_back(one);
  }
  co_return co_await context_.ledger.save_deletions(std::move(found));
}

Task<Result<std::uint64_t>> Quarantine::give_back(std::vector<Deletion> deletions) {
  if (!can_move(client_))
    co_return fail(ErrorKind::refused, std::string(migration::cannot_take_out.en));
  const auto found = co_await find_again(deletions);
  if (!found) co_return fail(found.error());
  std::uint64_t count = 0;
  for (auto& [folder, group] : by_folder(std::move(deletions)))
    for (Group& some : in_batches(group)) {
      const std::string to = name_now(some.front());
      auto recognised = co_await recognise(quarantine_, std::move(some));
      if (!recognised) co_return fail(recognised.error());
      if (recognised->empty()) continue;
      for (Deletion& one : *recognised) one.state = DeletionState::restoring;
      const auto arrived = co_await travel(quarantine_, to, std::move(*recognised));
      if (!arrived) co_return fail(arrived.error());
      count += *arrived;
    }
  co_return count;
}

Task<Result<std::uint64_t>> Quarantine::expunge(std::vector<Deletion> deletions) {
  std::uint64_t count = 0;
  // Without UIDPLUS only what everybody marked could be removed: they stay.
  if (deletions.empty() || !can_expunge(client_)) co_return count;
  const auto found = co_await find_again(deletions);
  if (!found) co_return fail(found.error());
  for (Group& some : in_batches(deletions)) {
    auto recognised = co_await recognise(quarantine_, std::move(some));
    if (!recognised) co_return fail(recognised.error());
    if (recognised->empty()) continue;
    imap::SequenceSet set;
    for (Deletion& one : *recognised) {
      one.state = DeletionState::expunging;
      set.add(one.uid);
    }
    const auto recorded = co_await context_.ledger.save_deletions(*recognised);
    if (!recorded) co_return fail(recorded.error());
    const auto removed = co_await expunge_messages(client_, set);
    if (!removed && is_fatal(removed.error())) co_return fail(removed.error());
    const auto gone = co_await write_expunged(std::move(*recognised));
    if (!gone) co_return fail(gone.error());
    count += *gone;
  }
  co_return count;
}

// In state expunging: whether they are gone. How many are.
Task<Result<std::uint64_t>> Quarantine::write_expunged(std::vector<Deletion> all) {
  const auto there = co_await still_there(quarantine_, all);
  if (!there) co_return fail(there.error());
  std::uint64_t count = 0;
  for (Deletion& one : all) {
    if (there->contains(one.uid)) {
      one.state = DeletionState::quarantined;
      continue;
    }
    one.state = DeletionState::expunged;
    one.at = context_.clock.wall();
    ++count;
  }
  const auto saved = co_await context_.ledger.save_deletions(std::move(all));
  if (!saved) co_return fail(saved.error());
  co_return count;
}

Task<Result<void>> Quarantine::recover() {
  auto all = context_.ledger.deletions(
      account_, {DeletionState::moving, DeletionState::restoring, DeletionState::expunging});
  if (!all) co_return fail(all.error());
  std::erase_if(*all, [this](const Deletion& one) { return one.side != side_; });
  if (all->empty()) co_return Result<void>{};
  // The server may still be busy with what it got before the connection broke.
  (void)co_await net::sleep_for(context_.options.late_append);
  std::map<DeletionState, Group> by_state;
  for (Deletion& one : *all) by_state[one.state].push_back(std::move(one));
  const std::map<Uid, Uid> nothing;
  for (auto& [folder, group] : by_folder(std::move(by_state[DeletionState::moving]))) {
    const std::string from = name_now(group.front());
    const auto arrived = co_await arrive(from, quarantine_, std::move(group), nothing);
    if (!arrived) co_return fail(arrived.error());
  }
  for (auto& [folder, group] : by_folder(std::move(by_state[DeletionState::restoring]))) {
    const std::string to = name_now(group.front());
    const auto arrived = co_await arrive(quarantine_, to, std::move(group), nothing);
    if (!arrived) co_return fail(arrived.error());
  }
  if (by_state[DeletionState::expunging].empty()) co_return Result<void>{};
  const auto gone = co_await write_expunged(std::move(by_state[DeletionState::expunging]));
  if (!gone) co_return fail(gone.error());
  co_return Result<void>{};
}

}  // namespace tandem::sync
