#include "sync/day_quota.hpp"

#include <algorithm>

namespace tandem::sync {
namespace {

// What was moved at the end of an hour counts for 24 more.
constexpr std::int64_t hours_counted = 25;

bool counts(std::int64_t hour, WallTime now) {
  return hour + hours_counted > hour_of(now);
}

}  // namespace

std::int64_t hour_of(WallTime at) {
  return std::chrono::floor<std::chrono::hours>(at).time_since_epoch().count();
}

std::uint64_t DayQuota::used(WallTime now) const {
  std::uint64_t sum = 0;
  for (const auto& [hour, bytes] : hours)
    if (counts(hour, now)) sum += bytes;
  return sum;
}

std::uint64_t DayQuota::left(WallTime now) const {
  return per_day - std::min(used(now), per_day);
}

WallTime DayQuota::ready_at(std::uint64_t bytes, WallTime now) const {
  const std::uint64_t allowed = per_day - std::min(bytes, per_day);
  std::uint64_t sum = used(now);
  if (sum <= allowed) return now;
  for (const auto& [hour, moved] : hours) {
    if (!counts(hour, now)) continue;
    sum -= moved;
    if (sum <= allowed) return WallTime(std::chrono::hours(hour + hours_counted));
  }
  return now;
}

}  // namespace tandem::sync
