#include "sync/verify_left.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <span>
#include <utility>

#include "sync/match.hpp"
#include "sync/verify_sample.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_named = 20;

using Group = std::vector<Witness>;

// An excused one comes last of its like, whatever its date.
std::vector<Candidate> candidates_of(Group& group) {
  std::ranges::sort(group, {}, [](const Witness& w) { return std::pair(bool(w.excused), w.uid); });
  std::vector<Candidate> all;
  for (const Witness& one : group)
    all.push_back(
        {all.size(), static_cast<Uid>(all.size()), one.identity, {}, one.excused ? 0 : one.date});
  return all;
}

// Of equal messages.
void pair_up(Group home, Group mirror, LeftOver& left) {
  const auto ours = candidates_of(home);
  const auto theirs = candidates_of(mirror);
  std::set<std::size_t> here;
  std::set<std::size_t> there;
  for (const Match& one : match(ours, theirs)) {
    here.insert(one.left);
    there.insert(one.right);
  }
  const auto keep = [](const Group& group, const std::set<std::size_t>& taken, Group& to) {
    for (std::size_t at = 0; at < group.size(); ++at)
      if (!taken.contains(at)) to.push_back(group[at]);
  };
  keep(home, here, left.home);
  keep(mirror, there, left.mirror);
}

std::span<const Witness> take_equal(const std::vector<Witness>& all, std::size_t& at,
                                    const Identity& identity) {
  const std::size_t first = at;
  while (at < all.size() && all[at].identity == identity) ++at;
  return std::span(all).subspan(first, at - first);
}

std::vector<std::uint32_t> bytes_of(std::span<const Witness> some) {
  std::vector<std::uint32_t> all;
  for (const Witness& one : some) all.push_back(one.bytes);
  std::ranges::sort(all);
  return all;
}

// Of equal messages: how many pairs of them are not so byte for byte.
void note_rewritten(std::span<const Witness> home, std::span<const Witness> mirror,
                    LeftOver& left) {
  const std::size_t pairs = std::min(home.size(), mirror.size());
  if (pairs == 0 || home.front().bytes == 0) return;  // not read whole
  if (pairs == 1 && home.size() == mirror.size() && home[0].bytes == mirror[0].bytes) return;
  const auto theirs = bytes_of(mirror);
  std::vector<std::uint32_t> same;
  std::ranges::set_intersection(bytes_of(home), theirs, std::back_inserter(same));
  left.rewritten += pairs - std::min(pairs, same.size());
  if (same.size() >= pairs || left.named.size() == most_named) return;
  const auto other = std::ranges::find_if(home, [&](const Witness& one) {
    return !std::ranges::binary_search(theirs, std::uint32_t(one.bytes));
  });
  if (other != home.end()) left.named.push_back(*other);
}

}  // namespace

LeftOver left_over(std::vector<Witness> home, std::vector<Witness> mirror, Sample* sample) {
  const auto order = [](const Witness& one) { return std::pair(one.identity, one.uid); };
  std::ranges::sort(home, {}, order);
  std::ranges::sort(mirror, {}, order);
  LeftOver left;
  std::size_t here = 0;
  std::size_t there = 0;
  while (here < home.size() || there < mirror.size()) {
    Identity least = here < home.size() ? home[here].identity : mirror[there].identity;
    if (there < mirror.size()) least = std::min(least, mirror[there].identity);
    const auto ours = take_equal(home, here, least);
    const auto theirs = take_equal(mirror, there, least);
    if (least.known()) note_rewritten(ours, theirs, left);
    if (least.known() && ours.size() == theirs.size()) {  // nearly all
      if (sample != nullptr) sample->offer(ours, theirs);
      continue;
    }
    pair_up(Group(ours.begin(), ours.end()), Group(theirs.begin(), theirs.end()), left);
  }
  for (auto* side : {&left.home, &left.mirror, &left.named})
    std::ranges::sort(*side, {}, &Witness::uid);
  return left;
}

}  // namespace tandem::sync
