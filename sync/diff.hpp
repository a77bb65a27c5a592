// diff: what a folder's two scans say against what the ledger knows. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "sync/message.hpp"

namespace tandem::sync {

// What was read of one side. All messages with UIDs from `complete_from` on are in `items`; of
// lower ones some may be (changed flags). Ascending by UID.
struct SideScan {
  std::vector<Item> items;
  Uid complete_from = 1;
};

struct FlagChange {
  std::int64_t row = 0;
  Uid mirror = 0;
  Flags add, remove;  // to be done on the mirror
  Flags now;          // as on the home side
};

struct FolderDiff {
  std::vector<std::size_t> home_new;    // positions in home.items: nothing is known of them
  std::vector<std::size_t> mirror_new;  // positions in mirror.items
  std::vector<FlagChange> flags;
  std::vector<std::int64_t> home_gone;  // rows whose message is no longer there
  std::vector<std::int64_t> mirror_gone;
};

// `rows`: at least all with a UID among the scanned ones or in the complete ranges. `home_skipped`:
// home UIDs recorded as impossible, ascending; they are known.
[[nodiscard]] FolderDiff diff(const SideScan& home, const SideScan& mirror,
                              std::span<const Row> rows, std::span<const Uid> home_skipped,
                              std::span<const Uid> mirror_skipped);

}  // namespace tandem::sync
