// How many bytes there are to copy, before all of it was looked at. Pure.
#pragma once

#include <cstdint>
#include <vector>

namespace tandem::sync {

// One folder of the home side.
struct Size {
  std::uint64_t messages_left = 0;  // not on the mirror yet
  std::uint64_t bytes_done = 0;
  std::uint64_t bytes = 0;  // as far as known, those done among them
};

// Where messages are left and no byte of them is known, `bytes` is made an estimate: by the mean of
// what was copied of this account (`messages_done` messages), else by what mail usually is.
void estimate(std::vector<Size>& folders, std::uint64_t messages_done);

}  // namespace tandem::sync
