// Whom copying waits for is measured where messages are under way.
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

Task<void> measured(TwoSides& two, ManualClock& clock, Side slow) {
  // More than goes ahead of what is waited for.
  const std::string large(20'000, 'x');
  for (int at = 0; at < 20; ++at)
    co_await two.put(old_side, letter(std::to_string(at), large + "\r\n"));
  two.at(slow).before_answer = [&clock] { clock.advance(std::chrono::milliseconds(200)); };
  const auto report = co_await two.pass();
  CHECK(report.copied == 20);
  const auto waited = two.world->sync->progress(two.world->account).waited;
  const Duration for_slow = waited[static_cast<std::size_t>(slow)];
  CHECK(for_slow >= std::chrono::milliseconds(200));
  CHECK(for_slow > waited[static_cast<std::size_t>(migration::other(slow))]);
}

}  // namespace

TEST_CASE("the time that messages under way wait for a side is counted as that side's") {
  const Side slow = GENERATE(old_side, new_side);
  ManualClock clock;
  TwoSides two(clock);
  two.run(measured(two, clock, slow));
}

}  // namespace tandem::sync
