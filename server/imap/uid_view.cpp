#include "server/imap/uid_view.hpp"

#include <algorithm>

namespace tandem::server {

UidView::UidView(const imap::SequenceSet& uids) {
  assign(uids);
}

void UidView::assign(const imap::SequenceSet& uids) {
  ranges_.clear();
  size_ = 0;
  for (const auto range : uids.ranges()) {
    ranges_.push_back({range.first, range.last, size_});
    size_ += range.last - range.first + 1;
  }
}

// The first range that does not end before `uid`.
std::vector<UidView::Range>::const_iterator UidView::range_at(std::uint32_t uid) const {
  return std::ranges::lower_bound(ranges_, uid, {}, &Range::last);
}

std::optional<std::uint32_t> UidView::number_of(std::uint32_t uid) const {
  const auto range = range_at(uid);
  if (range == ranges_.end() || uid < range->first) return std::nullopt;
  return range->before + (uid - range->first) + 1;
}

std::uint32_t UidView::uid_of(std::uint32_t number) const {
  auto range = std::ranges::upper_bound(ranges_, number - 1, {}, &Range::before);
  --range;
  return range->first + (number - 1 - range->before);
}

std::uint32_t UidView::count_below(std::uint32_t uid) const {
  const auto range = range_at(uid);
  if (range == ranges_.end()) return size_;
  return range->before + (uid > range->first ? uid - range->first : 0);
}

imap::SequenceSet UidView::uids_of(const imap::SequenceSet& numbers) const {
  imap::SequenceSet uids;
  if (size_ == 0) return uids;
  for (const auto wanted : numbers.resolve(size_).ranges()) {
    const std::uint32_t last = std::min(wanted.last, size_);
    if (wanted.first > last) continue;
    for (const Range& range : ranges_) {
      const std::uint32_t begin = range.before + 1;
      const std::uint32_t end = range.before + (range.last - range.first) + 1;
      if (end < wanted.first) continue;
      if (begin > last) break;
      uids.add(range.first + (std::max(begin, wanted.first) - begin),
               range.first + (std::min(end, last) - begin));
    }
  }
  return uids;
}

imap::SequenceSet UidView::known(const imap::SequenceSet& uids) const {
  imap::SequenceSet found;
  if (size_ == 0) return found;
  for (const auto wanted : uids.resolve(largest()).ranges())
    for (auto range = range_at(wanted.first); range != ranges_.end() && range->first <= wanted.last;
         ++range)
      found.add(std::max(range->first, wanted.first), std::min(range->last, wanted.last));
  return found;
}

imap::SequenceSet UidView::all() const {
  imap::SequenceSet uids;
  for (const Range& range : ranges_) uids.add(range.first, range.last);
  return uids;
}

void UidView::append(std::uint32_t uid) {
  if (!ranges_.empty() && ranges_.back().last + 1 == uid)
    ranges_.back().last = uid;
  else
    ranges_.push_back({uid, uid, size_});
  ++size_;
}

std::vector<std::uint32_t> UidView::remove(const imap::SequenceSet& uids) {
  std::vector<std::uint32_t> numbers;
  imap::SequenceSet left;
  auto next = uids.ranges().begin();
  for (const Range& range : ranges_) {
    std::uint32_t from = range.first;
    while (next != uids.ranges().end() && next->last < range.first) ++next;
    for (auto gone = next; gone != uids.ranges().end() && gone->first <= range.last; ++gone) {
      const std::uint32_t first = std::max(gone->first, range.first);
      const std::uint32_t last = std::min(gone->last, range.last);
      if (first > from) left.add(from, first - 1);
      for (std::uint32_t uid = first; uid <= last; ++uid)
        numbers.push_back(range.before + (uid - range.first) + 1 -
                          static_cast<std::uint32_t>(numbers.size()));
      from = last + 1;
    }
    if (from <= range.last) left.add(from, range.last);
  }
  if (!numbers.empty()) assign(left);
  return numbers;
}

}  // namespace tandem::server
