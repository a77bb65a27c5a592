#include "sync/closer.hpp"

#include <algorithm>

#include "sync/copy.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

std::set<Identity> likenesses(const Alone& side) {
  std::set<Identity> all;
  for (const Item& item : side.items)
    if (item.look->likeness.known() && item.look->trace.empty()) all.insert(item.look->likeness);
  return all;
}

Alone those_like(const Alone& side, const std::set<Identity>& others) {
  Alone kept;
  for (std::size_t at = 0; at < side.items.size(); ++at)
    if (side.items[at].look->trace.empty() && others.contains(side.items[at].look->likeness))
      kept.add(side.items[at], side.at[at]);
  return kept;
}

// By identity, then position: there may be a million of them.
using Marked = std::vector<std::pair<Identity, std::size_t>>;

Marked by_identity(const std::vector<Item>& items, const std::set<Identity>& known) {
  Marked all;
  for (std::size_t at = 0; at < items.size(); ++at) {
    const Look& look = *items[at].look;
    if (items[at].looked_at && look.identity.known() && look.trace.empty() &&
        !known.contains(look.identity))
      all.emplace_back(look.identity, at);
  }
  std::ranges::sort(all);
  return all;
}

using Positions = std::vector<std::size_t>;

// Of those with the identity that `at` is at, which ends behind them.
Positions take_alike(const Marked& all, std::size_t& at) {
  Positions alike;
  const Identity identity = all[at].first;
  for (; at < all.size() && all[at].first == identity; ++at) alike.push_back(all[at].second);
  return alike;
}

// Several that are alike, and some of them on either side.
std::pair<Positions, Positions> find_alike(const Marked& ours, const Marked& theirs) {
  std::pair<Positions, Positions> several;
  std::size_t here = 0;
  std::size_t there = 0;
  while (here < ours.size() && there < theirs.size()) {
    if (ours[here].first != theirs[there].first) {
      ++(ours[here].first < theirs[there].first ? here : there);
      continue;
    }
    const Positions left = take_alike(ours, here);
    const Positions right = take_alike(theirs, there);
    if (left.size() + right.size() < 3) continue;
    several.first.insert(several.first.end(), left.begin(), left.end());
    several.second.insert(several.second.end(), right.begin(), right.end());
  }
  return several;
}

// Empty: not all are given.
Task<Result<std::map<std::size_t, Identity>>> read_whole(net::ImapClient& client,
                                                         const std::vector<Item>& items,
                                                         Positions positions,
                                                         mail::DigestOptions options) {
  std::map<std::size_t, Identity> told;
  std::vector<Item> some;
  for (const std::size_t at : positions) {
    some.push_back(items[at]);
    some.back().looked_at = false;
  }
  const auto looked = co_await look_at_whole(client, some, options);
  if (!looked && is_fatal(looked.error())) co_return fail(looked.error());
  if (!std::ranges::all_of(some, &Item::looked_at)) co_return told;
  for (std::size_t at = 0; at < some.size(); ++at) told[positions[at]] = some[at].look->identity;
  co_return told;
}

}  // namespace

Task<Result<ToldApart>> tell_apart(net::ImapClient& left, const std::vector<Item>& ours,
                                   net::ImapClient& right, const std::vector<Item>& theirs,
                                   std::set<Identity> known, mail::DigestOptions options) {
  constexpr std::size_t most = 1'000;
  ToldApart told;
  if (ours.empty() || theirs.empty()) co_return told;
  const auto [here, there] = find_alike(by_identity(ours, known), by_identity(theirs, known));
  if (here.empty() || here.size() > most || there.size() > most) co_return told;
  auto read = co_await read_whole(left, ours, here, options);
  if (!read) co_return fail(read.error());
  told.left = std::move(*read);
  read = co_await read_whole(right, theirs, there, options);
  if (!read) co_return fail(read.error());
  if (!told.left.empty() && !read->empty())
    told.right = std::move(*read);
  else
    told.left.clear();
  co_return told;
}

void Alone::add(const Item& item, std::size_t index) {
  items.push_back(item);
  at.push_back(index);
}

Alone alone(const std::vector<Item>& items, const std::set<std::size_t>& taken) {
  Alone left_over;
  for (std::size_t at = 0; at < items.size(); ++at)
    if (items[at].look->likeness.known() && !taken.contains(at)) left_over.add(items[at], at);
  return left_over;
}

Task<Result<std::vector<Match>>> match_whole(net::ImapClient& left, Alone ours,
                                             net::ImapClient& right, Alone theirs,
                                             mail::DigestOptions options) {
  const std::set<Identity> here = likenesses(ours);
  const std::set<Identity> there = likenesses(theirs);
  ours = those_like(ours, there);
  theirs = those_like(theirs, here);
  std::vector<Match> found;
  if (ours.items.empty() || theirs.items.empty()) co_return found;
  auto looked = co_await look_at_whole(left, ours.items, options);
  if (looked) looked = co_await look_at_whole(right, theirs.items, options);
  if (!looked) co_return fail(looked.error());
  for (const Match& one : match(candidates(ours.items), candidates(theirs.items)))
    found.push_back({ours.at[one.left], theirs.at[one.right]});
  co_return found;
}

}  // namespace tandem::sync
