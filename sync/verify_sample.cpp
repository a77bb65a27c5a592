#include "sync/verify_sample.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sync {
namespace {

// Beyond, they are no sample of the folder but of one message.
constexpr std::size_t most_alike = 8;

std::vector<Uid> uids_in(std::span<const Witness> some) {
  std::vector<Uid> uids;
  for (const Witness& one : some) uids.push_back(one.uid);
  return uids;
}

}  // namespace

void Sample::offer(std::span<const Witness> home, std::span<const Witness> mirror) {
  if (room_ == 0 || home.size() > most_alike) return;
  ++offered_;
  if (kept_.size() < room_) {
    kept_.push_back({uids_in(home), uids_in(mirror)});
    return;
  }
  const std::size_t at = below(offered_);
  if (at < room_) kept_[at] = {uids_in(home), uids_in(mirror)};
}

std::vector<Alike> Sample::take() {
  for (std::size_t end = kept_.size(); end > 1; --end) std::swap(kept_[below(end)], kept_[end - 1]);
  return std::move(kept_);
}

SampleRoom SampleBudget::next() {
  const std::size_t among = std::max<std::size_t>(folders_, 1);
  folders_ = among - 1;
  // Rounded up: where there are more folders than messages to be read, the first ones have them.
  return {std::min(most_per_folder, (left_.messages + among - 1) / among), left_.bytes / among};
}

void SampleBudget::take(SampleRoom used) {
  left_.messages -= std::min(left_.messages, used.messages);
  left_.bytes -= std::min(left_.bytes, used.bytes);
}

}  // namespace tandem::sync
