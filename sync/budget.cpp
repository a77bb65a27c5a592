#include "sync/budget.hpp"

#include <algorithm>

namespace tandem::sync {
namespace {

void add_quota(std::vector<DayQuota>& quotas, Side side, bool upload,
               std::optional<std::uint64_t> per_day) {
  if (per_day.value_or(0) == 0) return;
  DayQuota& quota = quotas.emplace_back();
  quota.side = side;
  quota.upload = upload;
  quota.per_day = *per_day;
}

}  // namespace

bool has_daily_quota(const config::MigrationSettings& settings) {
  const auto limited = [](const config::SideSettings& side) {
    return side.download_per_day.value_or(0) != 0 || side.upload_per_day.value_or(0) != 0;
  };
  return limited(settings.old_side) || limited(settings.new_side);
}

Budget::Budget(Context& context, AccountId account, const config::MigrationSettings& settings)
    : context_(context), account_(account) {
  add_quota(quotas_, Side::old_side, false, settings.old_side.download_per_day);
  add_quota(quotas_, Side::old_side, true, settings.old_side.upload_per_day);
  add_quota(quotas_, Side::new_side, false, settings.new_side.download_per_day);
  add_quota(quotas_, Side::new_side, true, settings.new_side.upload_per_day);
  taken_.resize(quotas_.size());
}

Result<void> Budget::open() {
  if (quotas_.empty()) return {};
  const auto rows = context_.ledger.traffic(account_);
  if (!rows) return fail(rows.error());
  for (DayQuota& quota : quotas_)
    for (const Traffic& row : *rows)
      if (row.side == quota.side && row.upload == quota.upload) quota.hours[row.hour] += row.bytes;
  show_last_wait();
  return {};
}

// What waited after the last pass waits on until this one has found out.
void Budget::show_last_wait() {
  const auto shown = context_.board.find(account_);
  if (!shown) return;
  for (const migration::DailyQuota& quota : shown->progress.quotas)
    if (quota.goes_on_at && *quota.goes_on_at > context_.clock.wall()) waits_ = quota;
}

std::uint64_t Budget::left(Side source) const {
  std::uint64_t least = unlimited;
  for (const DayQuota& quota : quotas_)
    if (concerns(quota, source)) least = std::min(least, quota.left(context_.clock.wall()));
  return least;
}

std::uint64_t Budget::whole(Side source) const {
  std::uint64_t least = unlimited;
  for (const DayQuota& quota : quotas_)
    if (concerns(quota, source)) least = std::min(least, quota.per_day);
  return least;
}

Task<Result<void>> Budget::take(Side source, std::uint64_t bytes) {
  std::vector<Traffic> more;
  const std::int64_t hour = hour_of(context_.clock.wall());
  for (std::size_t at = 0; at < quotas_.size(); ++at) {
    if (!concerns(quotas_[at], source)) continue;
    taken_[at] += bytes;
    more.push_back({quotas_[at].side, quotas_[at].upload, hour, bytes});
  }
  co_return co_await add(std::move(more));
}

Task<Result<void>> Budget::close(std::array<WireBytes, 2> moved) {
  std::vector<Traffic> more;
  const std::int64_t hour = hour_of(context_.clock.wall());
  for (std::size_t at = 0; at < quotas_.size(); ++at) {
    const DayQuota& quota = quotas_[at];
    const WireBytes& side = moved[static_cast<std::size_t>(quota.side)];
    const std::uint64_t all = quota.upload ? side.sent : side.received;
    if (all > taken_[at]) more.push_back({quota.side, quota.upload, hour, all - taken_[at]});
    taken_[at] = 0;
  }
  co_return co_await add(std::move(more));
}

Task<Result<void>> Budget::add(std::vector<Traffic> more) {
  if (more.empty()) co_return Result<void>{};
  for (DayQuota& quota : quotas_)
    for (const Traffic& one : more)
      if (one.side == quota.side && one.upload == quota.upload) quota.hours[one.hour] += one.bytes;
  context_.board.set_quotas(account_, shown());
  co_return co_await context_.ledger.add_traffic(account_, std::move(more));
}

migration::DailyQuota Budget::wait_for(Side source, std::uint64_t bytes) const {
  const WallTime now = context_.clock.wall();
  migration::DailyQuota latest;
  for (const DayQuota& quota : quotas_) {
    if (!concerns(quota, source)) continue;
    const WallTime at = quota.ready_at(bytes, now);
    if (!latest.goes_on_at || at > *latest.goes_on_at)
      latest = {quota.side, quota.upload, quota.per_day, quota.used(now), at};
  }
  return latest;
}

std::vector<migration::DailyQuota> Budget::shown() const {
  const WallTime now = context_.clock.wall();
  std::vector<migration::DailyQuota> all;
  for (const DayQuota& quota : quotas_) {
    const bool waits = waits_ && waits_->side == quota.side && waits_->upload == quota.upload;
    all.push_back({quota.side, quota.upload, quota.per_day, quota.used(now),
                   waits ? waits_->goes_on_at : std::nullopt});
  }
  return all;
}

}  // namespace tandem::sync
