#include "sync/closer.hpp"

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

}  // namespace

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
