#include "lib/delivery/retry_schedule.hpp"

#include <catch2/catch.hpp>

namespace tandem::delivery {

TEST_CASE("retries: after 1, 5, 15, 60 minutes, then hourly") {
  using std::chrono::minutes;
  CHECK(retry_delay(0) == minutes(1));
  CHECK(retry_delay(1) == minutes(5));
  CHECK(retry_delay(2) == minutes(15));
  CHECK(retry_delay(3) == minutes(60));
  CHECK(retry_delay(4) == minutes(60));
  CHECK(retry_delay(4'000'000'000) == minutes(60));
}

}  // namespace tandem::delivery
