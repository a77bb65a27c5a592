#include "sync/quarantine.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/log.hpp"
#include "migration/deletions.hpp"
#include "sync/copy.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

std::vector<Uid> uids_in(const std::vector<Deletion>& all) {
  std::vector<Uid> uids;
  for (const Deletion& one : all) uids.push_back(one.uid);
  return uids;
}

}  // namespace

Quarantine::Quarantine(Context& context, AccountId account, net::ImapClient& client, Side side,
                       const Naming& naming)
    : context_(context), account_(account), client_(client), side_(side) {
  const Path path(1, std::string(migration::quarantine_folder));
  quarantine_ = naming.name_of(path);
}

void Quarantine::leave_alone(Deletion& one, const migration::DeletionReason& why) const {
  log::warning("W-SYNC-10", "account {}: a deletion in '{}' was not carried over: {}", account_,
               one.folder_name, why.en);
  one.state = DeletionState::left_alone;
  one.at = context_.clock.wall();
  one.why = why.en;
}

// The folder may have been renamed since.
std::string Quarantine::name_now(const Deletion& one) const {
  const auto folders = context_.ledger.folders(account_);
  if (!folders) return one.folder_name;
  const auto found = std::ranges::find(*folders, one.folder, &FolderRow::id);
  return found == folders->end() ? one.folder_name : found->at(side_).name;
}

Task<Result<Quarantine::Place>> Quarantine::look_up(std::string name, bool make) {
  const imap::StatusItems items = imap::status_uid_next | imap::status_uid_validity;
  auto status = co_await client_.status(name, items);
  if (!status && make && !is_fatal(status.error())) {
    const auto made = co_await client_.create(name);
    if (!made && is_fatal(made.error())) co_return fail(made.error());
    status = co_await client_.status(name, items);
    if (!status && !made) co_return fail(made.error());
  }
  Place place;
  place.name = std::move(name);
  if (!status && (make || is_fatal(status.error()))) co_return fail(status.error());
  if (!status) co_return place;
  place.validity = static_cast<std::uint32_t>(status->uid_validity);
  place.next = static_cast<Uid>(status->uid_next);
  co_return place;
}

// Of the open folder.
Task<Result<std::vector<Item>>> Quarantine::looked_at(std::vector<Uid> uids) {
  auto items = co_await scan_uids(client_, std::move(uids));
  if (!items) co_return fail(items.error());
  mail::DigestOptions digest;
  digest.our_names = {context_.options.our_hostname};
  const auto looked = co_await look_at(client_, *items, digest);
  if (!looked) co_return fail(looked.error());
  co_return items;
}

// Opens the folder. What is not exactly the message that is meant is left alone, and that is
// written. Afterwards no recognised one is marked as deleted: somebody's EXPUNGE would remove it.
Task<Result<std::vector<Deletion>>> Quarantine::recognise(std::string folder,
                                                          std::vector<Deletion> meant) {
  const auto opened = co_await client_.select(folder);
  if (!opened && is_fatal(opened.error())) co_return fail(opened.error());
  std::vector<Item> items;
  if (opened) {
    auto looked = co_await looked_at(uids_in(meant));
    if (!looked) co_return fail(looked.error());
    items = std::move(*looked);
  }
  std::vector<Deletion> recognised;
  std::vector<Deletion> others;
  imap::SequenceSet marked;
  for (Deletion& one : meant) {
    const auto item = std::ranges::lower_bound(items, one.uid, {}, &Item::uid);
    if (!opened)
      leave_alone(one, migration::folder_closed);
    else if (opened->uid_validity != one.validity)
      leave_alone(one, migration::folder_made_anew);
    else if (item == items.end() || item->uid != one.uid)
      leave_alone(one, migration::not_in_folder);
    else if (!one.identity.known() || item->look->identity != one.identity)
      leave_alone(one, migration::not_surely_same);
    if (one.state == DeletionState::left_alone) {
      others.push_back(std::move(one));
      continue;
    }
    if ((item->flags.system & Flags::deleted) != 0) marked.add(one.uid);
    recognised.push_back(std::move(one));
  }
  const auto saved = co_await context_.ledger.save_deletions(std::move(others));
  if (!saved) co_return fail(saved.error());
  if (marked.empty()) co_return recognised;
  const std::vector<std::string> deleted(1, "\\Deleted");
  const auto remove = imap::command::StoreAction::remove;
  const auto unmarked = co_await client_.store(marked, remove, deleted);
  if (!unmarked) co_return fail(unmarked.error());
  co_return recognised;
}

Task<Result<std::uint64_t>> Quarantine::take(std::string folder_name,
                                             std::vector<Deletion> wanted) {
  if (!can_move(client_)) {
    for (Deletion& one : wanted) leave_alone(one, migration::cannot_take_out);
    const auto saved = co_await context_.ledger.save_deletions(std::move(wanted));
    if (!saved) co_return fail(saved.error());
    co_return std::uint64_t{0};
  }
  auto recognised = co_await recognise(folder_name, std::move(wanted));
  if (!recognised) co_return fail(recognised.error());
  if (recognised->empty()) co_return std::uint64_t{0};
  const auto subjects = co_await subjects_of(client_, uids_in(*recognised));
  if (!subjects) co_return fail(subjects.error());
  for (Deletion& one : *recognised) {
    one.state = DeletionState::moving;
    one.at = context_.clock.wall();
    const auto subject = subjects->find(one.uid);
    if (subject != subjects->end()) one.subject = subject->second;
  }
  co_return co_await travel(std::move(folder_name), quarantine_, std::move(*recognised));
}

// From the open folder; recognised, and in state moving or restoring.
Task<Result<std::uint64_t>> Quarantine::travel(std::string from, std::string to,
                                               std::vector<Deletion> all) {
  const auto place = co_await look_up(to, true);
  if (!place) co_return fail(place.error());
  imap::SequenceSet set;
  for (Deletion& one : all) {
    one.to_validity = place->validity;
    one.to_next = place->next;
    set.add(one.uid);
  }
  const auto recorded = co_await context_.ledger.save_deletions(all);
  if (!recorded) co_return fail(recorded.error());
  auto moved = co_await move_messages(client_, set, to);
  if (!moved && is_fatal(moved.error())) co_return fail(moved.error());
  if (!moved) {
    log::warning("W-SYNC-11", "account {}: messages could not be moved from '{}' to '{}': {}",
                 account_, from, to, moved.error().to_string());
    for (Deletion& one : all) one.why = moved.error().to_string();
    moved = MoveOutcome();
  }
  if (moved->validity != place->validity) moved->uids.clear();
  co_return co_await arrive(std::move(from), std::move(to), std::move(all), std::move(moved->uids));
}

// Which of them are where they were.
Task<Result<std::set<Uid>>> Quarantine::still_there(std::string folder,
                                                    const std::vector<Deletion>& all) {
  std::set<Uid> there;
  const auto opened = co_await client_.select(folder);
  if (!opened && is_fatal(opened.error())) co_return fail(opened.error());
  if (!opened) co_return there;
  const auto items = co_await scan_uids(client_, uids_in(all));
  if (!items) co_return fail(items.error());
  for (const Deletion& one : all)
    if (one.validity == opened->uid_validity &&
        std::ranges::binary_search(*items, one.uid, {}, &Item::uid))
      there.insert(one.uid);
  co_return there;
}

// The UIDs of the folder it goes to that are somebody else's, as the ledger knows.
Result<std::set<Uid>> Quarantine::known_in(const Deletion& trip) const {
  std::set<Uid> known;
  if (trip.state == DeletionState::moving) {
    const auto inside = context_.ledger.deletions(
        account_, {DeletionState::quarantined, DeletionState::restoring, DeletionState::expunging});
    if (!inside) return fail(inside.error());
    for (const Deletion& one : *inside)
      if (one.side == side_ && one.validity == trip.to_validity) known.insert(one.uid);
    return known;
  }
  Ledger::RowsWanted wanted;
  wanted.home_from = trip.to_next;
  wanted.mirror_from = ~Uid{0};
  const auto rows = context_.ledger.rows(trip.folder, side_, wanted);
  if (!rows) return fail(rows.error());
  for (const Row& row : *rows)
    if (row.home != 0) known.insert(row.home);
  return known;
}

// What came into the folder since, and is nobody else's. Opens it.
Task<Result<std::vector<Item>>> Quarantine::newcomers(std::string folder,
                                                      const std::vector<Deletion>& all) {
  const auto opened = co_await client_.select(folder);
  if (!opened && is_fatal(opened.error())) co_return fail(opened.error());
  std::vector<Item> none;
  if (!opened || opened->uid_validity != all.front().to_validity) co_return none;
  Uid from = all.front().to_next;
  for (const Deletion& one : all) from = std::min(from, one.to_next);
  const auto listed = co_await scan_from(client_, from);
  if (!listed) co_return fail(listed.error());
  const auto known = known_in(all.front());
  if (!known) co_return fail(known.error());
  std::vector<Uid> uids = uids_of(*listed);
  std::erase_if(uids, [&](Uid uid) { return known->contains(uid); });
  co_return co_await looked_at(std::move(uids));
}

// Writes where each of them is by now. `known`: where the server said they went.
Task<Result<std::uint64_t>> Quarantine::arrive(std::string from, std::string to,
                                               std::vector<Deletion> all,
                                               std::map<Uid, Uid> known) {
  std::set<Uid> there;
  if (known.size() < all.size()) {
    auto left = co_await still_there(from, all);
    if (!left) co_return fail(left.error());
    there = std::move(*left);
    const auto items = co_await newcomers(to, all);
    if (!items) co_return fail(items.error());
    settle_by_identity(all, *items, there, known);
  }
  // Copied, and not removed yet.
  imap::SequenceSet doubled;
  for (const Deletion& one : all)
    if (there.contains(one.uid) && known.contains(one.uid)) doubled.add(one.uid);
  if (!doubled.empty()) {
    const auto opened = co_await client_.select(from);
    if (!opened) co_return fail(opened.error());
    const auto removed = co_await expunge_messages(client_, doubled);
    if (!removed) co_return fail(removed.error());
  }
  std::uint64_t arrived = 0;
  for (Deletion& one : all)
    if (conclude(one, there, known)) ++arrived;
  const auto saved = co_await context_.ledger.save_deletions(std::move(all));
  if (!saved) co_return fail(saved.error());
  co_return arrived;
}

// On counts: first those that are no longer where they were.
void Quarantine::settle_by_identity(const std::vector<Deletion>& all,
                                    const std::vector<Item>& items, const std::set<Uid>& there,
                                    std::map<Uid, Uid>& known) const {
  std::set<Uid> taken;
  for (const auto& [before, now] : known) taken.insert(now);
  for (const bool stayed : {false, true})
    for (const Deletion& one : all) {
      if (known.contains(one.uid) || there.contains(one.uid) != stayed) continue;
      const auto item = std::ranges::find_if(items, [&](const Item& candidate) {
        return candidate.uid >= one.to_next && candidate.look->identity == one.identity &&
               !taken.contains(candidate.uid);
      });
      if (item == items.end()) continue;
      taken.insert(item->uid);
      known[one.uid] = item->uid;
    }
}

// True: it is where it should go.
bool Quarantine::conclude(Deletion& one, const std::set<Uid>& there,
                          const std::map<Uid, Uid>& known) const {
  const bool into = one.state == DeletionState::moving;
  const auto place = known.find(one.uid);
  if (place != known.end()) {
    one.state = into ? DeletionState::quarantined : DeletionState::restored;
    one.uid = place->second;
    one.validity = one.to_validity;
    one.at = context_.clock.wall();
    one.why.clear();
    return true;
  }
  if (there.contains(one.uid))
    one.state = into ? DeletionState::wanted : DeletionState::quarantined;
  else
    leave_alone(one, migration::lost_on_the_way);
  return false;
}

}  // namespace tandem::sync
