// FolderVerify: what headers and sizes alone do not tell. Of what has no equal: what is the same
// but for what servers change, and what is one message that differs. Of what has: a sample, read
// whole.
#include <algorithm>
#include <limits>
#include <optional>
#include <set>

#include "sync/closer.hpp"
#include "sync/copy.hpp"
#include "sync/match.hpp"
#include "sync/scan.hpp"
#include "sync/verify_folder.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_asked = 10'000;  // of the ledger, one by one

void drop(std::vector<Witness>& from, const std::set<Uid>& uids) {
  std::erase_if(from, [&](const Witness& one) { return uids.contains(one.uid); });
}

const Witness* find(const std::vector<Witness>& some, Uid uid) {
  const auto found = std::ranges::lower_bound(some, uid, {}, &Witness::uid);
  return found == some.end() || found->uid != uid ? nullptr : &*found;
}

using Pairs = std::vector<std::pair<Uid, Uid>>;  // home, mirror

// Those that the ledger knows to belong together.
Result<Pairs> known_pairs(const Ledger& ledger, std::int64_t folder, Side home,
                          const LeftOver& left) {
  Ledger::RowsWanted wanted;
  wanted.home_from = wanted.mirror_from = std::numeric_limits<Uid>::max();
  const bool by_home = left.home.size() <= left.mirror.size();
  for (const Witness& one : by_home ? left.home : left.mirror)
    if (!one.excused) (by_home ? wanted.home_uids : wanted.mirror_uids).push_back(one.uid);
  Pairs pairs;
  if (wanted.home_uids.size() + wanted.mirror_uids.size() > most_asked) return pairs;
  const auto rows = ledger.rows(folder, home, wanted);
  if (!rows) return fail(rows.error());
  for (const Row& row : *rows)
    if (row.home != 0 && row.mirror != 0) pairs.emplace_back(row.home, row.mirror);
  return pairs;
}

// Those of one header: only what is behind it is not the same.
Pairs alike(const std::vector<Item>& home, const std::vector<Item>& mirror) {
  const auto of = [](const std::vector<Item>& items) {
    std::vector<Candidate> all;
    for (const Item& item : items)
      all.push_back({all.size(), item.uid, item.look->likeness, {}, item.date.unix_seconds, false});
    return all;
  };
  Pairs pairs;
  for (const Match& one : match(of(home), of(mirror)))
    pairs.emplace_back(home[one.left].uid, mirror[one.right].uid);
  return pairs;
}

// Both must still be left over, and not excused.
void take(const Pairs& pairs, LeftOver& left, std::vector<std::pair<Witness, Witness>>& changed) {
  std::set<Uid> here;
  std::set<Uid> there;
  for (const auto& [home, mirror] : pairs) {
    const Witness* ours = find(left.home, home);
    const Witness* theirs = find(left.mirror, mirror);
    if (ours == nullptr || theirs == nullptr || ours->excused || theirs->excused) continue;
    changed.emplace_back(*ours, *theirs);
    here.insert(home);
    there.insert(mirror);
  }
  drop(left.home, here);
  drop(left.mirror, there);
}

std::vector<Item> those_left(const std::vector<Item>& items, const std::vector<Witness>& left) {
  std::vector<Item> kept;
  for (const Item& item : items) {
    const Witness* one = find(left, item.uid);
    if (one != nullptr && !one->excused) kept.push_back(item);
  }
  return kept;
}

const Item* find(const std::vector<Item>& some, Uid uid) {
  const auto found = std::ranges::lower_bound(some, uid, {}, &Item::uid);
  return found == some.end() || found->uid != uid ? nullptr : &*found;
}

// The bytes of these; nothing: one has gone.
std::optional<std::uint64_t> size_of(const std::vector<Item>& items, const std::vector<Uid>& uids) {
  std::uint64_t bytes = 0;
  for (const Uid uid : uids) {
    const Item* item = find(items, uid);
    if (item == nullptr) return std::nullopt;
    bytes += item->size;
  }
  return bytes;
}

// In their order until `room` is full; what is too large for the rest of it is passed over. What
// was kept.
SampleRoom keep_what_fits(std::vector<Alike>& chosen, const std::vector<Item>& home,
                          const std::vector<Item>& mirror, SampleRoom room) {
  SampleRoom used;
  std::erase_if(chosen, [&](const Alike& one) {
    const auto ours = size_of(home, one.home);
    const auto theirs = size_of(mirror, one.mirror);
    if (!ours || !theirs) return true;
    const std::uint64_t bytes = std::max(*ours, *theirs);
    if (used.messages + one.home.size() > room.messages || used.bytes + bytes > room.bytes)
      return true;
    used.messages += one.home.size();
    used.bytes += bytes;
    return false;
  });
  return used;
}

std::vector<Item> take_uids(std::vector<Item> items, const std::vector<Alike>& chosen,
                            std::vector<Uid> Alike::* side) {
  std::set<Uid> wanted;
  for (const Alike& one : chosen) wanted.insert((one.*side).begin(), (one.*side).end());
  std::erase_if(items, [&](const Item& item) { return !wanted.contains(item.uid); });
  return items;
}

std::vector<Witness> those_in(const std::vector<Witness>& all, const std::vector<Uid>& uids) {
  std::vector<Witness> some;
  for (const Uid uid : uids)
    if (const Witness* one = find(all, uid)) some.push_back(*one);
  return some;
}

std::vector<Uid> uids_of(const std::vector<Alike>& chosen, std::vector<Uid> Alike::* side) {
  std::vector<Uid> uids;
  for (const Alike& one : chosen) uids.insert(uids.end(), (one.*side).begin(), (one.*side).end());
  return uids;
}

}  // namespace

// Without trace ids: the digest alone decides here, and a copy with our trace id but other content
// is a difference.
Task<Result<std::vector<Item>>> FolderVerify::look_again(net::ImapClient& client,
                                                         const std::vector<Witness>& some) const {
  std::vector<Uid> uids;
  for (const Witness& one : some) uids.push_back(one.uid);
  auto items = co_await scan_uids(client, uids);
  if (!items) co_return fail(items.error());
  const auto looked = co_await look_at(client, *items, digest_);
  if (!looked) co_return fail(looked.error());
  for (Item& item : *items) item.look = Look{item.look->identity, item.look->likeness, {}, 0};
  co_return items;
}

Task<Result<void>> FolderVerify::look_closer(Seen& seen, const Ledger& ledger,
                                             const FolderRow* row) const {
  LeftOver& left = seen.left;
  if (left.home.empty() || left.mirror.empty()) co_return Result<void>{};
  const auto home = co_await look_again(sides_.home, left.home);
  if (!home) co_return fail(home.error());
  const auto mirror = co_await look_again(sides_.mirror, left.mirror);
  if (!mirror) co_return fail(mirror.error());
  if (!full_) {
    Alone ours = alone(*home, {});
    Alone theirs = alone(*mirror, {});
    const auto found = co_await match_whole(sides_.home, ours, sides_.mirror, theirs, digest_);
    if (!found) co_return fail(found.error());
    std::set<Uid> here;
    std::set<Uid> there;
    for (const Match& one : *found) {
      here.insert((*home)[one.left].uid);
      there.insert((*mirror)[one.right].uid);
    }
    drop(left.home, here);
    drop(left.mirror, there);
  }
  // What the ledger knows is of the UIDVALIDITY that it wrote down.
  const Side home_side = sides_.home_side;
  if (row != nullptr && row->at(home_side).validity == seen.home_validity &&
      row->at(migration::other(home_side)).validity == seen.mirror_validity) {
    const auto known = known_pairs(ledger, row->id, home_side, left);
    if (!known) co_return fail(known.error());
    take(*known, left, seen.changed);
  }
  take(alike(those_left(*home, left.home), those_left(*mirror, left.mirror)), left, seen.changed);
  co_return Result<void>{};
}

// What the server does not give, or has no more, is missing. By UID.
Task<Result<std::vector<Witness>>> FolderVerify::read_whole(net::ImapClient& client,
                                                            std::vector<Item> items) const {
  const auto looked = co_await look_at_whole(client, items, digest_);
  if (!looked && is_fatal(looked.error())) co_return fail(looked.error());
  std::vector<Witness> all;
  for (const Item& item : items)
    if (item.look->identity.known())
      all.push_back(
          {item.look->identity, item.date.unix_seconds, item.uid, false, item.look->bytes});
  co_return all;
}

Task<Result<void>> FolderVerify::read_sample(Seen& seen, std::vector<Alike> chosen,
                                             SampleRoom room) const {
  if (chosen.empty()) co_return Result<void>{};
  auto here = uids_of(chosen, &Alike::home);
  auto there = uids_of(chosen, &Alike::mirror);
  auto ours = co_await scan_uids(sides_.home, here);
  if (!ours) co_return fail(ours.error());
  auto theirs = co_await scan_uids(sides_.mirror, there);
  if (!theirs) co_return fail(theirs.error());
  sample_.take(keep_what_fits(chosen, *ours, *theirs, room));
  ours = take_uids(std::move(*ours), chosen, &Alike::home);
  theirs = take_uids(std::move(*theirs), chosen, &Alike::mirror);
  const auto home = co_await read_whole(sides_.home, std::move(*ours));
  if (!home) co_return fail(home.error());
  const auto mirror = co_await read_whole(sides_.mirror, std::move(*theirs));
  if (!mirror) co_return fail(mirror.error());
  for (const Alike& one : chosen) {
    std::vector<Witness> left = those_in(*home, one.home);
    std::vector<Witness> right = those_in(*mirror, one.mirror);
    // One of them has gone meanwhile, or is not given.
    if (left.size() != one.home.size() || right.size() != one.mirror.size()) continue;
    seen.whole += left.size();
    LeftOver found = left_over(std::move(left), std::move(right));
    seen.left.rewritten += found.rewritten;
    seen.left.named.insert(seen.left.named.end(), found.named.begin(), found.named.end());
    for (std::size_t at = 0; at < found.home.size(); ++at)
      seen.changed.emplace_back(found.home[at], found.mirror[at]);
  }
  co_return Result<void>{};
}

}  // namespace tandem::sync
