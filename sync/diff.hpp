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
  // Of lower ones these are known to be gone (QRESYNC's VANISHED). Ascending.
  std::vector<Uid> vanished;
  // Messages from here on were put there, or found, since the last complete pass: what flags they
  // have says nothing of a person's wish yet (some servers lose flags of an APPEND).
  Uid settled_below = 0;
  Storable storable;
};

struct FlagChange {
  std::int64_t row = 0;
  Uid home = 0, mirror = 0;
  Flags home_add, home_remove;      // to be done on the home side
  Flags mirror_add, mirror_remove;  // to be done on the mirror
  Flags now;                        // as both then have them
};

struct FolderDiff {
  std::vector<std::size_t> home_new;    // positions in home.items: nothing is known of them
  std::vector<std::size_t> mirror_new;  // positions in mirror.items
  std::vector<FlagChange> flags;
  std::vector<std::int64_t> home_gone;  // rows whose message is no longer there
  std::vector<std::int64_t> mirror_gone;
  std::vector<std::int64_t> home_back;  // rows that are marked as gone, wrongly: it is there
  std::vector<std::int64_t> mirror_back;
};

// `rows`: at least all with a UID among the scanned ones or in the complete ranges. `home_skipped`:
// home UIDs recorded as impossible, ascending; they are known.
[[nodiscard]] FolderDiff diff(const SideScan& home, const SideScan& mirror,
                              std::span<const Row> rows, std::span<const Uid> home_skipped,
                              std::span<const Uid> mirror_skipped);

}  // namespace tandem::sync
