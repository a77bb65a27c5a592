// FolderPass: what comes back. A message that went from this folder on one side some time ago,
// while the other side's copy stayed (it was archived, put off for later, or taken for junk, and
// where it went is not copied), is the same one when it is here again: nothing is copied a second
// time.
#include <algorithm>
#include <set>

#include "sync/folder_pass.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t looked_at_once = 10'000;

bool is_among(const Identity& one, const std::vector<Identity>& sorted) {
  return one.known() && std::ranges::binary_search(sorted, one);
}

// Looks at all, and keeps what was seen only of those that are like one of `wanted` (ascending):
// there may be a million of them.
Task<Result<void>> look_for(net::ImapClient& client, std::vector<Item>& items,
                            const std::vector<Identity>& wanted, mail::DigestOptions digest) {
  for (std::size_t at = 0; at < items.size(); at += looked_at_once) {
    const auto first = items.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = std::min(looked_at_once, items.size() - at);
    std::vector<Item> some(std::move_iterator(first),
                           std::move_iterator(first + static_cast<std::ptrdiff_t>(count)));
    std::vector<bool> known;
    for (const Item& item : some) known.push_back(item.looked_at);
    const auto looked = co_await look_at(client, some, digest);
    for (std::size_t which = 0; which < count; ++which) {
      Item& item = some[which];
      if (!known[which] && !is_among(item.look->identity, wanted)) {
        item.look = Look();
        item.looked_at = false;
      }
    }
    std::ranges::move(some, first);
    if (!looked) co_return looked;
  }
  co_return Result<void>{};
}

}  // namespace

// After all other steps: what is new on both sides, or was moved just now, has met already.
Task<Result<void>> FolderPass::find_returned(Sides& sides) {
  auto done = Result<void>{};
  if (!home_items_.empty()) done = co_await find_returned_on(settings_.home, sides);
  if (done && !mirror_items_.empty())
    done = co_await find_returned_on(migration::other(settings_.home), sides);
  co_return done;
}

Task<Result<void>> FolderPass::find_returned_on(Side side, Sides& sides) {
  const bool at_home = side == settings_.home;
  net::ImapClient& client = at_home ? home_ : mirror_;
  std::vector<Item>& items = at_home ? home_items_ : mirror_items_;
  std::set<std::size_t>& taken = at_home ? sides.left_taken : sides.right_taken;
  auto wanted = context_.ledger.left_behind(folder_.id, side);
  if (!wanted) co_return fail(wanted.error());
  if (wanted->empty()) co_return Result<void>{};
  std::ranges::sort(*wanted);
  mail::DigestOptions digest;
  digest.our_names = {context_.options.our_hostname};
  const auto looked = co_await look_for(client, items, *wanted, digest);
  if (!looked) co_return looked;
  std::vector<Candidate> news = candidates(items, young_from(context_.clock.wall()));
  // The gateway's copy on the mirror belongs to one at home that may be late.
  std::erase_if(news, [&](const Candidate& one) {
    return taken.contains(one.index) || (!at_home && !one.trace.empty());
  });
  std::set<Identity> found_here;
  for (const Candidate& one : news)
    if (is_among(one.identity, *wanted)) found_here.insert(one.identity);
  const auto left = context_.ledger.rows_left_behind(folder_.id, side, settings_.home, found_here);
  if (!left) co_return fail(left.error());
  std::vector<Candidate> rows;
  for (std::size_t at = 0; at < left->size(); ++at)
    rows.push_back({at, static_cast<Uid>(at + 1), (*left)[at].identity, ""});
  std::vector<Returned> returned;
  for (const Match& found : match(news, rows))
    returned.push_back({found.left, items[found.left], (*left)[found.right]});
  auto met = co_await take_returned(side, std::move(returned));
  if (!met) co_return fail(met.error());
  taken.insert(met->begin(), met->end());
  co_return Result<void>{};
}

// Both get home's flags, as at a first contact. The positions of those whose copy is still there.
Task<Result<std::vector<std::size_t>>> FolderPass::take_returned(Side side,
                                                                 std::vector<Returned> messages) {
  std::vector<std::size_t> met;
  if (messages.empty()) co_return met;
  const bool at_home = side == settings_.home;
  net::ImapClient& there = at_home ? mirror_ : home_;
  std::vector<Uid> uids;
  for (const Returned& one : messages) uids.push_back(at_home ? one.row.mirror : one.row.home);
  const auto others = co_await scan_uids(there, std::move(uids));
  if (!others) co_return fail(others.error());
  std::vector<Row> pairs;
  Agreement agreement;
  for (const auto& [position, item, row] : messages) {
    const Uid uid = at_home ? row.mirror : row.home;
    const auto other = std::ranges::find(*others, uid, &Item::uid);
    if (other == others->end()) continue;
    met.push_back(position);
    Row& pair = pairs.emplace_back(row);
    (at_home ? pair.home : pair.mirror) = item.uid;
    (at_home ? pair.home_copied : pair.mirror_copied) = false;
    pair.home_gone = pair.mirror_gone = false;
    pair.flags = at_home ? item.flags : other->flags;
    agreement.on_mirror.change(at_home ? *other : item, pair.flags, mirror_scan_.storable);
  }
  const auto refused = co_await store(agreement);
  if (!refused) co_return fail(refused.error());
  for (Row& pair : pairs) {
    pair.flags = refused->correct(pair.home, pair.mirror, pair.flags);
    resolved_.push_back(std::move(pair));
  }
  co_return met;
}

}  // namespace tandem::sync
