// DayQuota: what one mailbox of a side may be read (or given) in a day, and how much of it is used.
// Bytes are kept per hour of UTC, and each hour's count until 24 hours after its end: so no 24
// hours ever see more than the quota, wherever a provider lets its day begin. Pure.
#pragma once

#include <cstdint>
#include <map>

#include "lib/base/clock.hpp"
#include "migration/account.hpp"

namespace tandem::sync {

using migration::Side;

struct DayQuota {
  Side side = Side::old_side;
  bool upload = false;  // else download
  std::uint64_t per_day = 0;
  std::map<std::int64_t, std::uint64_t> hours;  // hour since 1970 -> bytes

  [[nodiscard]] std::uint64_t used(WallTime now) const;
  [[nodiscard]] std::uint64_t left(WallTime now) const;
  // When so many bytes may be moved, if nothing else is; more than a whole quota: when nothing of
  // it is used any more.
  [[nodiscard]] WallTime ready_at(std::uint64_t bytes, WallTime now) const;
};

[[nodiscard]] std::int64_t hour_of(WallTime at);

}  // namespace tandem::sync
