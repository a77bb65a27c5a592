#include "webui/eta.hpp"

#include <algorithm>

namespace tandem::webui {
namespace {

using migration::CopyProgress;
using migration::DailyQuota;
using migration::Side;
using std::chrono::hours;
using std::chrono::minutes;

constexpr double longest_s = 400.0 * 24 * 3600;
// What a provider lets through in a day is free again at the latest so long after it was used: the
// sync counts by the hour.
constexpr std::int64_t hours_of_day = 25;
constexpr std::int64_t most_days = 400;

Duration step_for(Duration distance) {
  if (distance > hours(48)) return hours(6);
  if (distance > hours(4)) return minutes(30);
  return distance > hours(1) ? Duration(minutes(10)) : Duration(minutes(1));
}

WallTime rounded(WallTime at, Duration step, bool up) {
  const auto since = at.time_since_epoch();
  const auto whole = since / step;
  return WallTime(step * (whole + (up && since % step != Duration::zero() ? 1 : 0)));
}

double seconds_between(WallTime from, WallTime to) {
  return static_cast<double>((to - from).count()) / 1000;
}

}  // namespace

WallTime rounded_after(WallTime now, double seconds_away, bool up) {
  const double bounded = std::clamp(seconds_away, 0.0, longest_s);
  const Duration distance(static_cast<std::int64_t>(bounded * 1000));
  return rounded(now + distance, step_for(distance), up);
}

std::optional<Eta> eta_by_quota(std::uint64_t bytes_left, const DailyQuota& quota, WallTime now) {
  if (bytes_left == 0 || quota.per_day == 0) return std::nullopt;
  const std::uint64_t today = quota.per_day - std::min(quota.used, quota.per_day);
  if (bytes_left <= today && !quota.goes_on_at) return std::nullopt;
  // What waits does not fit into the rest of today.
  const std::uint64_t beyond = bytes_left > today ? bytes_left - today : 1;
  const auto days = std::min<std::int64_t>(
      static_cast<std::int64_t>((beyond - 1) / quota.per_day) + 1, most_days);
  const WallTime goes_on = std::max(quota.goes_on_at.value_or(now), now);
  const WallTime low = goes_on + hours(24 * (days - 1));
  const WallTime high = now + hours(hours_of_day * days + 1);
  return Eta{rounded_after(now, seconds_between(now, low), false),
             rounded_after(now, seconds_between(now, high), true), quota.side};
}

std::optional<Eta> later_of(const std::optional<Eta>& one, const std::optional<Eta>& other) {
  if (!one || !other) return one ? one : other;
  const Eta& decides = one->high >= other->high ? *one : *other;
  return Eta{std::max(one->low, other->low), decides.high, decides.limit};
}

std::optional<Eta> eta_of(const CopyProgress& progress, Side home, std::optional<Eta> by_rate,
                          WallTime now) {
  std::optional<Eta> eta = by_rate;
  for (const DailyQuota& quota : progress.quotas)
    if ((quota.side == home) != quota.upload)
      eta = later_of(eta, eta_by_quota(bytes_left(progress), quota, now));
  return eta;
}

std::uint64_t bytes_left(const CopyProgress& progress) {
  return progress.bytes_total - std::min(progress.bytes_done, progress.bytes_total);
}

}  // namespace tandem::webui
