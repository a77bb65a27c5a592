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

using Positions = std::map<Identity, std::vector<std::size_t>>;

Positions by_identity(const std::vector<Item>& items, const std::set<Identity>& known) {
  Positions all;
  for (std::size_t at = 0; at < items.size(); ++at) {
    const Look& look = *items[at].look;
    if (items[at].looked_at && look.identity.known() && look.trace.empty() &&
        !known.contains(look.identity))
      all[look.identity].push_back(at);
  }
  return all;
}

// Empty: not all are given.
Task<Result<std::map<std::size_t, Identity>>> read_whole(net::ImapClient& client,
                                                         const std::vector<Item>& items,
                                                         std::vector<std::size_t> positions,
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
  const Positions there = by_identity(theirs, known);
  std::vector<std::size_t> here_at;
  std::vector<std::size_t> there_at;
  for (const auto& [identity, positions] : by_identity(ours, known)) {
    const auto others = there.find(identity);
    if (others == there.end() || positions.size() + others->second.size() < 3) continue;
    here_at.insert(here_at.end(), positions.begin(), positions.end());
    there_at.insert(there_at.end(), others->second.begin(), others->second.end());
  }
  if (here_at.empty() || here_at.size() > most || there_at.size() > most) co_return told;
  auto read = co_await read_whole(left, ours, here_at, options);
  if (!read) co_return fail(read.error());
  told.left = std::move(*read);
  read = co_await read_whole(right, theirs, there_at, options);
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
