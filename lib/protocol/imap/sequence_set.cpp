#include "lib/protocol/imap/sequence_set.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "lib/protocol/imap/decoder.hpp"

namespace tandem::imap {
namespace {

bool expect_sequence_number(Decoder& in, std::uint32_t& out) {
  if (in.try_byte('*')) {
    out = SequenceSet::star;
    return true;
  }
  if (!in.expect_number(out, "sequence number expected")) return false;
  return out != 0 || in.fail("sequence number may not be 0");
}

std::string range_text(SequenceSet::Range range) {
  const auto number = [](std::uint32_t value) {
    return value == SequenceSet::star ? std::string("*") : std::to_string(value);
  };
  if (range.first == range.last) return number(range.first);
  return number(range.first) + ":" + number(range.last);
}

}  // namespace

SequenceSet::SequenceSet(std::initializer_list<Range> ranges) {
  for (const Range range : ranges) add(range.first, range.last);
}

std::optional<SequenceSet> SequenceSet::parse(std::string_view text) {
  Decoder in(text);
  SequenceSet set;
  if (!expect_sequence_set(in, set) || !in.at_end()) return std::nullopt;
  return set;
}

void SequenceSet::add(std::uint32_t first, std::uint32_t last) {
  sorted_ = false;
  if (!ranges_.empty() && first != star && last != star && first <= last) {
    Range& back = ranges_.back();
    if (back.first != star && back.last != star && back.first <= back.last &&
        back.last != UINT32_MAX && first == back.last + 1) {
      back.last = last;
      return;
    }
  }
  ranges_.push_back({first, last});
}

void SequenceSet::clear() {
  ranges_.clear();
  saved_result_ = sorted_ = false;
}

std::uint64_t SequenceSet::count() const {
  std::uint64_t sum = 0;
  for (const auto [first, last] : ranges_)
    sum += std::uint64_t{std::max(first, last)} - std::min(first, last) + 1;
  return sum;
}

bool SequenceSet::contains(std::uint32_t number) const {
  if (sorted_) {
    const auto after = std::ranges::upper_bound(ranges_, number, {}, &Range::first);
    return after != ranges_.begin() && std::prev(after)->last >= number;
  }
  return std::ranges::any_of(ranges_, [number](Range range) {
    const auto [low, high] = std::minmax(range.first, range.last);
    return low <= number && number <= high;
  });
}

SequenceSet SequenceSet::resolve(std::uint32_t largest) const {
  std::vector<Range> all;
  all.reserve(ranges_.size());
  for (auto [first, last] : ranges_) {
    if (first == star) first = largest;
    if (last == star) last = largest;
    if (std::max(first, last) == 0) continue;  // `*` of an empty mailbox
    all.push_back({std::max(1U, std::min(first, last)), std::max(first, last)});
  }
  std::ranges::sort(all, {}, &Range::first);
  SequenceSet result;
  result.saved_result_ = saved_result_;
  for (const Range range : all) {
    auto& ranges = result.ranges_;
    if (!ranges.empty() && range.first <= std::uint64_t{ranges.back().last} + 1)
      ranges.back().last = std::max(ranges.back().last, range.last);
    else
      ranges.push_back(range);
  }
  result.sorted_ = true;
  return result;
}

std::vector<SequenceSet> SequenceSet::split(std::size_t bytes) const {
  std::vector<SequenceSet> parts;
  std::size_t length = 0;
  for (const Range range : ranges_) {
    const std::size_t more = range_text(range).size() + 1;
    if (parts.empty() || length + more > bytes + 1) {
      parts.emplace_back();
      length = 0;
    }
    parts.back().ranges_.push_back(range);
    length += more;
  }
  return parts;
}

std::string SequenceSet::to_string() const {
  if (saved_result_) return "$";
  std::string text;
  for (const Range range : ranges_) {
    if (!text.empty()) text += ',';
    text += range_text(range);
  }
  return text;
}

bool expect_sequence_set(Decoder& in, SequenceSet& out) {
  if (in.try_byte('$')) {
    out.set_saved_result();
    return true;
  }
  do {
    std::uint32_t first = 0;
    if (!expect_sequence_number(in, first)) return false;
    std::uint32_t last = first;
    if (in.try_byte(':') && !expect_sequence_number(in, last)) return false;
    out.add(first, last);
  } while (in.try_byte(','));
  return true;
}

}  // namespace tandem::imap
