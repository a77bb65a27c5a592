// Wins back the space of released blobs. For lib/store: Store::compact.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.hpp"
#include "lib/store/blob.hpp"

namespace tandem::store {

class Store;

// For each segment, not the one that is appended to, of which at least `dead_percent` is dead:
// copies its live records by ordinary units of work (each moves a few MiB and notes where they are
// now), then one unit that says "removed", then the file goes. A crash between any two of these
// leaves nothing lost: a record is at its old place, or at its new one and known to be there.
[[nodiscard]] Result<std::uint64_t> compact_segments(Store& store, Blobs& blobs,
                                                     const std::string& directory,
                                                     unsigned dead_percent);

}  // namespace tandem::store
