// Budget: how much of one account may still be moved, where its sides have a daily quota
// (download_per_day, upload_per_day). What a transfer is about to move is counted first, and
// durably: a crash counts too much, never too little. What goes over the connections beside (names,
// flags, headers) is counted at the end of a pass. One pass at a time; the executor's thread.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "config/migration_settings.hpp"
#include "migration/views.hpp"
#include "sync/context.hpp"
#include "sync/day_quota.hpp"

namespace tandem::sync {

// What the connections to one side have moved.
struct WireBytes {
  std::uint64_t received = 0;
  std::uint64_t sent = 0;
};

[[nodiscard]] bool has_daily_quota(const config::MigrationSettings& settings);

class Budget {
 public:
  static constexpr std::uint64_t unlimited = ~std::uint64_t{0};

  Budget(Context& context, AccountId account, const config::MigrationSettings& settings);
  // Reads what was moved in the last days, and what is shown as waiting.
  Result<void> open();

  [[nodiscard]] bool is_limited() const { return !quotas_.empty(); }
  // Bytes that may be copied from `source` to the other side: now, and in a day at most.
  [[nodiscard]] std::uint64_t left(Side source) const;
  [[nodiscard]] std::uint64_t whole(Side source) const;
  Task<Result<void>> take(Side source, std::uint64_t bytes);
  // The quota that so many bytes have to wait for, and until when.
  [[nodiscard]] migration::DailyQuota wait_for(Side source, std::uint64_t bytes) const;
  // At the end of a pass: what was moved in it (by Side), of which take() knows a part.
  Task<Result<void>> close(std::array<WireBytes, 2> moved);
  // For people to see: each quota, and with one of them until when something waits for it.
  void show_wait(std::optional<migration::DailyQuota> wait) { waits_ = wait; }
  [[nodiscard]] std::vector<migration::DailyQuota> shown() const;

 private:
  [[nodiscard]] static bool concerns(const DayQuota& quota, Side source) {
    return (quota.side == source) != quota.upload;
  }
  void show_last_wait();
  Task<Result<void>> add(std::vector<Traffic> more);

  Context& context_;
  AccountId account_;
  std::vector<DayQuota> quotas_;
  std::vector<std::uint64_t> taken_;  // of each, in this pass
  std::optional<migration::DailyQuota> waits_;
};

}  // namespace tandem::sync
