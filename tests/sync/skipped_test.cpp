// What could not be copied: counted whatever its number, told of with all that a person needs to
// find it, and tried again one by one.
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

constexpr std::int64_t many = 10'050;

// As passes of a mailbox whose new side takes nothing would have left them.
Result<void> leave_out_many(store::Sql& sql, std::span<const store::BlobRef>) {
  const auto put = sql.execute(
      "WITH RECURSIVE n(uid) AS (SELECT 1000 UNION ALL SELECT uid + 1 FROM n LIMIT $1) "
      "INSERT INTO sync_skipped (folder, side, uid, subject, size, reason, next_step) "
      "SELECT (SELECT min(id) FROM sync_folder), 0, uid, 'a', 1, 'refused', '' FROM n",
      many);
  if (!put) return fail(put.error());
  return {};
}

Task<void> counted(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  (void)co_await two.pass();
  store::Unit unit;
  unit.apply = leave_out_many;
  REQUIRE(co_await two.world->store->committer().commit(std::move(unit)));
  const auto report = co_await two.pass();
  CHECK(report.skipped == many);
  CHECK(two.world->sync->skipped(two.world->account).size() == many);
  two.world->close();  // another process: from the ledger
  co_await two.world->open();
  CHECK(two.world->sync->progress(two.world->account).skipped == many);
}

}  // namespace

TEST_CASE("what was left out is counted, also where it is more than anybody would list") {
  TwoSides two;
  two.run(counted(two));
}

}  // namespace tandem::sync
