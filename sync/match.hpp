// match: which messages of two sets are the same ones (design: identity ladder). Pure.
//
// Decided on counts, never on "exists": if three equal messages are on the left and two on the
// right, two pairs are made and one stays alone. Rung (a): the same trace id (a pair of equal
// identity first). Rung (b): the same identity (those of one INTERNALDATE first). Within a group
// the lower UIDs meet first.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "sync/message.hpp"

namespace tandem::sync {

struct Candidate {
  std::size_t index = 0;  // the caller's own
  Uid uid = 0;            // for the order only
  Identity identity;
  std::string_view trace;
  std::int64_t date = 0;  // INTERNALDATE in seconds; 0: not known
};

struct Match {
  std::size_t left = 0;  // the candidates' indexes
  std::size_t right = 0;
};

// In ascending order of the left UIDs.
[[nodiscard]] std::vector<Match> match(std::span<const Candidate> left,
                                       std::span<const Candidate> right);

[[nodiscard]] std::vector<Candidate> candidates(std::span<const Item> items);

}  // namespace tandem::sync
