// match: which messages of two sets are the same ones (design: identity ladder). Pure.
//
// Decided on counts, never on "exists": if three equal messages are on the left and two on the
// right, two pairs are made and one stays alone. Rung (a): the same trace id (a pair of equal
// identity first). Rung (b): the same identity (those of one INTERNALDATE first), but not for a
// young message with a trace id: its own copy may still be under way, and its twin is somebody
// else. Within a group the lower UIDs meet first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "lib/base/clock.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

struct Candidate {
  std::size_t index = 0;  // the caller's own
  Uid uid = 0;            // for the order only
  Identity identity;
  std::string_view trace;
  std::int64_t date = 0;  // INTERNALDATE in seconds; 0: not known
  bool young = false;     // with a trace id, and of the last hour
};

struct Match {
  std::size_t left = 0;  // the candidates' indexes
  std::size_t right = 0;
};

// In ascending order of the left UIDs.
[[nodiscard]] std::vector<Match> match(std::span<const Candidate> left,
                                       std::span<const Candidate> right);

// `young_from`: the INTERNALDATE in seconds from which on a message is young; see young_from().
[[nodiscard]] std::vector<Candidate> candidates(
    std::span<const Item> items,
    std::int64_t young_from = std::numeric_limits<std::int64_t>::max());
[[nodiscard]] bool is_young(const Item& item, std::int64_t young_from);
// An hour before `now`: the gateway's copies are made long before, or are debts.
[[nodiscard]] std::int64_t young_from(WallTime now);

}  // namespace tandem::sync
