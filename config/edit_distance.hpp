// How far two words are apart: insertions, deletions and changes of a byte. For "did you mean".
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::config {

// Cost: the product of the lengths; callers bound them.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace tandem::config
