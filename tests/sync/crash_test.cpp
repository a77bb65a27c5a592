// A connection cut at any byte: every message once. (A process killed at any moment leaves the same
// as a cut: see reconcile.)
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

Task<void> fill(TwoSides& two) {
  for (int at = 0; at < 9; ++at)
    co_await two.put(Side::old_side,
                     letter(std::to_string(at % 6), std::string(400, 'a') + "\r\n"));
  co_await two.put(Side::new_side, letter("1", std::string(400, 'a') + "\r\n"));
}

// Cuts the side's connections after `byte` bytes, again and again; then all is well.
Task<void> cut_at(TwoSides& two, Side side, std::uint64_t byte) {
  co_await fill(two);
  two.heal();
  two.at(side).cut_after = byte;
  (void)co_await two.world->sync->run_delta(two.world->account, Side::old_side);
  two.heal();
  const auto report = co_await two.pass();
  CHECK(report.matched == 9);
  CHECK(two.mailbox(Side::old_side) == two.mailbox(Side::new_side));
}

void cut_everywhere(Side side, bool poor) {
  // Far enough for a whole pass: log-in, lists, look, append, close.
  for (std::uint64_t byte = 0; byte < 9000; byte += 641) {
    INFO("cut after " << byte << " bytes");
    TwoSides two;
    if (poor) two.make_poor(Side::new_side);
    two.run(cut_at(two, side, byte));
  }
}

}  // namespace

TEST_CASE("The target's connection breaks at byte n") {
  cut_everywhere(Side::new_side, false);
}
TEST_CASE("The target's connection breaks at byte n, without UIDPLUS") {
  cut_everywhere(Side::new_side, true);
}
TEST_CASE("The source's connection breaks at byte n") {
  for (std::uint64_t byte = 0; byte < 1200; byte += 113) {
    TwoSides two;
    two.run(cut_at(two, Side::old_side, byte));
  }
}

}  // namespace tandem::sync
