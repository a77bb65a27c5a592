// The brake on deletions: which folders' deletions of one pass need a person's word. Pure.
#pragma once

#include <cstdint>
#include <set>
#include <span>

namespace tandem::sync {

struct BrakeLimits {
  std::uint64_t messages = 50;
  std::uint64_t percent = 5;
  // Up to so many of `all` go without asking: the larger of the two.
  [[nodiscard]] std::uint64_t of(std::uint64_t all) const;
};

struct FolderRemovals {
  std::int64_t folder = 0;
  std::uint64_t messages = 0;  // to be removed
  std::uint64_t all = 0;       // that the folder has on that side, these included
  bool vanished = false;       // home no longer lists the folder: perhaps it only does not show it
  bool held = false;           // a decision on the folder is awaited already
};

// The folders whose deletions are held; all of them where the account as a whole has too many.
[[nodiscard]] std::set<std::int64_t> braked(std::span<const FolderRemovals> folders,
                                            BrakeLimits limits);

}  // namespace tandem::sync
