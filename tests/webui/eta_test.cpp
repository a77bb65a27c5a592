// When a copy will be done: by its speed, by a daily quota, and by both.
#include "webui/eta.hpp"

#include <catch2/catch.hpp>

namespace tandem::webui {
namespace {

using migration::DailyQuota;
using migration::Side;
using std::chrono::hours;

constexpr std::uint64_t megabyte = 1'000'000;

DailyQuota quota_of(std::uint64_t per_day, std::uint64_t used, bool upload = true) {
  return {upload ? Side::new_side : Side::old_side, upload, per_day * megabyte, used * megabyte,
          std::nullopt};
}

}  // namespace

TEST_CASE("a quota says nothing while all that is left fits into today") {
  const WallTime now = ManualClock().wall();
  CHECK_FALSE(eta_by_quota(0, quota_of(500, 500), now));
  CHECK_FALSE(eta_by_quota(100 * megabyte, quota_of(500, 400), now));
  CHECK_FALSE(eta_by_quota(100 * megabyte, quota_of(0, 0), now));
  CHECK(eta_by_quota(101 * megabyte, quota_of(500, 400), now));
}

TEST_CASE("each further day of a quota is a day more") {
  const WallTime now = ManualClock().wall();
  auto eta = eta_by_quota(500 * megabyte, quota_of(500, 100), now);  // 100 beyond today
  REQUIRE(eta);
  CHECK(eta->limit == Side::new_side);
  CHECK(eta->low == now);  // some of it may be free again soon
  CHECK(eta->high == now + hours(26));
  eta = eta_by_quota(1401 * megabyte, quota_of(500, 100), now);  // three days
  REQUIRE(eta);
  CHECK(eta->low == now + hours(48));
  CHECK(eta->high >= now + hours(75));
  CHECK(eta->high < now + hours(75 + 12));
  // Known when it goes on: not before.
  DailyQuota waits = quota_of(500, 500);
  waits.goes_on_at = now + hours(9);
  eta = eta_by_quota(1 * megabyte, waits, now);
  REQUIRE(eta);
  CHECK(eta->low == now + hours(9));
  waits.used = 499 * megabyte;  // it would fit, but one message does not
  CHECK(eta_by_quota(1 * megabyte, waits, now));
  // Nobody waits longer than a year to hear that it takes years.
  eta = eta_by_quota(~std::uint64_t{0}, quota_of(10, 0), now);
  REQUIRE(eta);
  CHECK(eta->low <= now + hours(24 * 401));
  CHECK(eta->low <= eta->high);
}

TEST_CASE("the slower of speed and quota decides, and only quotas of this direction") {
  const WallTime now = ManualClock().wall();
  const Eta by_rate{now + hours(1), now + hours(2), std::nullopt};
  migration::CopyProgress progress;
  progress.bytes_total = 900 * megabyte;
  progress.bytes_done = 100 * megabyte;
  auto eta = eta_of(progress, Side::old_side, by_rate, now);
  REQUIRE(eta);
  CHECK(eta->high == by_rate.high);
  CHECK_FALSE(eta->limit);
  progress.quotas = {quota_of(500, 0), quota_of(2500, 2000, false)};
  eta = eta_of(progress, Side::old_side, by_rate, now);
  REQUIRE(eta);
  CHECK(eta->low == by_rate.low);
  CHECK(eta->high == now + hours(26));
  CHECK(eta->limit);
  eta = eta_of(progress, Side::new_side, by_rate, now);  // after a cut-over: the other way
  REQUIRE(eta);
  CHECK(eta->high == by_rate.high);
  eta = eta_of(progress, Side::old_side, std::nullopt, now);  // stalled, since it waits
  REQUIRE(eta);
  CHECK(eta->limit);
  const Eta slow{now + hours(100), now + hours(200), std::nullopt};
  eta = eta_of(progress, Side::old_side, slow, now);
  REQUIRE(eta);
  CHECK(eta->high == slow.high);
  CHECK_FALSE(eta->limit);
  progress.quotas.clear();
  CHECK_FALSE(eta_of(progress, Side::old_side, std::nullopt, now));
}

}  // namespace tandem::webui
