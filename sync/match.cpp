#include "sync/match.hpp"

#include <algorithm>
#include <chrono>
#include <tuple>

namespace tandem::sync {
namespace {

// Both sides sorted by a key; equal keys are paired in the order of their UIDs.
template <class Key>
class Rung {
 public:
  Rung(std::span<const Candidate> left, std::span<const Candidate> right,
       std::vector<bool>& taken_l, std::vector<bool>& taken_r, Key key)
      : left_(left), right_(right), taken_l_(taken_l), taken_r_(taken_r), key_(key) {}

  // `pairs` get positions in the spans.
  void run(std::vector<std::pair<std::size_t, std::size_t>>& pairs) {
    const auto a = sorted(left_, taken_l_);
    const auto b = sorted(right_, taken_r_);
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < a.size() && j < b.size()) {
      const auto ka = key_(left_[a[i]]);
      const auto kb = key_(right_[b[j]]);
      if (ka < kb) {
        ++i;
      } else if (kb < ka) {
        ++j;
      } else {
        taken_l_[a[i]] = true;
        taken_r_[b[j]] = true;
        pairs.emplace_back(a[i++], b[j++]);
      }
    }
  }

 private:
  std::vector<std::size_t> sorted(std::span<const Candidate> side, const std::vector<bool>& taken) {
    std::vector<std::size_t> order;
    for (std::size_t at = 0; at < side.size(); ++at)
      if (!taken[at] && key_.applies(side[at])) order.push_back(at);
    std::ranges::sort(order, [&](std::size_t x, std::size_t y) {
      const auto kx = key_(side[x]);
      const auto ky = key_(side[y]);
      return kx == ky ? side[x].uid < side[y].uid : kx < ky;
    });
    return order;
  }

  std::span<const Candidate> left_;
  std::span<const Candidate> right_;
  std::vector<bool>& taken_l_;
  std::vector<bool>& taken_r_;
  Key key_;
};

struct ByTraceAndIdentity {
  static bool applies(const Candidate& one) { return !one.trace.empty() && one.identity.known(); }
  auto operator()(const Candidate& one) const { return std::tuple(one.trace, one.identity); }
};
struct ByTrace {
  static bool applies(const Candidate& one) { return !one.trace.empty(); }
  auto operator()(const Candidate& one) const { return one.trace; }
};
struct ByIdentityAndDate {
  static bool applies(const Candidate& one) {
    return one.identity.known() && one.date != 0 && !one.young;
  }
  auto operator()(const Candidate& one) const { return std::pair(one.identity, one.date); }
};
struct ByIdentity {
  static bool applies(const Candidate& one) { return one.identity.known() && !one.young; }
  auto operator()(const Candidate& one) const { return one.identity; }
};

}  // namespace

std::vector<Match> match(std::span<const Candidate> left, std::span<const Candidate> right) {
  std::vector<bool> taken_l(left.size());
  std::vector<bool> taken_r(right.size());
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  Rung(left, right, taken_l, taken_r, ByTraceAndIdentity()).run(pairs);
  Rung(left, right, taken_l, taken_r, ByTrace()).run(pairs);
  Rung(left, right, taken_l, taken_r, ByIdentityAndDate()).run(pairs);
  Rung(left, right, taken_l, taken_r, ByIdentity()).run(pairs);
  std::ranges::sort(pairs, [&](const auto& x, const auto& y) {
    return std::pair(left[x.first].uid, x.first) < std::pair(left[y.first].uid, y.first);
  });
  std::vector<Match> matches;
  matches.reserve(pairs.size());
  for (const auto& [l, r] : pairs) matches.push_back({left[l].index, right[r].index});
  return matches;
}

std::vector<Candidate> candidates(std::span<const Item> items, std::int64_t young_from) {
  std::vector<Candidate> all;
  all.reserve(items.size());
  for (std::size_t at = 0; at < items.size(); ++at) {
    const Item& item = items[at];
    all.push_back({at, item.uid, item.look->identity, item.look->trace, item.date.unix_seconds,
                   is_young(item, young_from)});
  }
  return all;
}

bool is_young(const Item& item, std::int64_t young_from) {
  return !item.look->trace.empty() && item.date.unix_seconds >= young_from;
}

std::int64_t young_from(WallTime now) {
  const auto since = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  return (since - std::chrono::hours(1)).count();
}

}  // namespace tandem::sync
