// Ledger: what was moved in which hour, where a side has a daily quota.
#include <algorithm>

#include "lib/store/store.hpp"
#include "sync/ledger.hpp"
#include "sync/ledger_rows.hpp"

namespace tandem::sync {
namespace {

constexpr std::int64_t hours_kept = 48;

}  // namespace

Result<std::vector<Traffic>> Ledger::traffic(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<Traffic>> {
    std::vector<Traffic> all;
    auto rows =
        sql.query("SELECT side, upload, hour, bytes FROM sync_traffic WHERE account = $1", account);
    while (rows.next()) {
      Traffic& one = all.emplace_back();
      one.side = rows.as<Side>(0);
      one.upload = rows.integer(1) != 0;
      one.hour = rows.integer(2);
      one.bytes = static_cast<std::uint64_t>(rows.integer(3));
    }
    if (!rows.status()) return fail(rows.status().error());
    return all;
  });
}

Task<Result<void>> Ledger::add_traffic(AccountId account, std::vector<Traffic> more) {
  Work work = [account, &more](store::Sql& sql) -> Result<void> {
    for (const Traffic& one : more) {
      const auto added = sql.execute(
          "INSERT INTO sync_traffic (account, side, upload, hour, bytes) VALUES "
          "($1, $2, $3, $4, $5) ON CONFLICT (account, side, upload, hour) DO UPDATE SET "
          "bytes = sync_traffic.bytes + excluded.bytes",
          account, one.side, one.upload ? 1 : 0, one.hour, one.bytes);
      if (!added) return fail(added.error());
      const auto forgotten =
          sql.execute("DELETE FROM sync_traffic WHERE account = $1 AND hour < $2", account,
                      one.hour - hours_kept);
      if (!forgotten) return fail(forgotten.error());
    }
    return {};
  };
  co_return co_await commit(std::move(work));
}

}  // namespace tandem::sync
