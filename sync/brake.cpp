#include "sync/brake.hpp"

#include <algorithm>

namespace tandem::sync {

std::uint64_t BrakeLimits::of(std::uint64_t all) const {
  return std::max(messages, all * percent / 100);
}

std::set<std::int64_t> braked(std::span<const FolderRemovals> folders, BrakeLimits limits) {
  std::uint64_t messages = 0;
  std::uint64_t all = 0;
  for (const FolderRemovals& one : folders) {
    messages += one.messages;
    all += one.all;
  }
  const bool too_many = messages > limits.of(all);
  std::set<std::int64_t> stopped;
  for (const FolderRemovals& one : folders)
    if (too_many || one.vanished || one.held || one.messages > limits.of(one.all))
      stopped.insert(one.folder);
  return stopped;
}

}  // namespace tandem::sync
