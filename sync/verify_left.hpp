// What of two sides' messages has no equal on the other, on counts: the pure part of a
// verification.
#pragma once

#include <cstdint>
#include <vector>

#include "sync/message.hpp"

namespace tandem::sync {

class Sample;

// A message as a verification remembers it: 32 bytes, so that a million on each side can be held.
struct Witness {
  Identity identity;
  std::int64_t date = 0;  // INTERNALDATE in seconds
  Uid uid = 0;
  bool excused : 1 = false;      // known to be impossible over there, or removed there by a person
  std::uint32_t bytes : 31 = 0;  // as Look::bytes
};
static_assert(sizeof(Witness) == 32);

struct LeftOver {
  std::vector<Witness> home, mirror;  // by UID
  // Of those that have an equal: pairs whose bytes differ all the same, and some of them (home).
  std::uint64_t rewritten = 0;
  std::vector<Witness> named;
};

// What has no equal on the other side. Of several equal messages those are left that are excused,
// then those whose date is not over there. Those that have an equal are offered to `sample`, if
// there is one. Pure.
[[nodiscard]] LeftOver left_over(std::vector<Witness> home, std::vector<Witness> mirror,
                                 Sample* sample = nullptr);

}  // namespace tandem::sync
