// When a copy will be done: a range, rounded so that it does not jump, from how fast it goes and
// from what providers let through in a day. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/base/clock.hpp"
#include "migration/views.hpp"

namespace tandem::webui {

struct Eta {
  WallTime low{};                        // not earlier
  WallTime high{};                       // hardly later
  std::optional<migration::Side> limit;  // whose daily quota decides; nothing: the speed does
};

// So many seconds from now, rounded: the finer the nearer it is.
[[nodiscard]] WallTime rounded_after(WallTime now, double seconds_away, bool up);

// By a daily quota alone. Nothing: all that is left may be moved today.
[[nodiscard]] std::optional<Eta> eta_by_quota(std::uint64_t bytes_left,
                                              const migration::DailyQuota& quota, WallTime now);

// Both must have come true.
[[nodiscard]] std::optional<Eta> later_of(const std::optional<Eta>& one,
                                          const std::optional<Eta>& other);

// Of one account, copied from `home` to the other side; `by_rate`: what its speed alone says.
[[nodiscard]] std::optional<Eta> eta_of(const migration::CopyProgress& progress,
                                        migration::Side home, std::optional<Eta> by_rate,
                                        WallTime now);
[[nodiscard]] std::uint64_t bytes_left(const migration::CopyProgress& progress);

}  // namespace tandem::webui
