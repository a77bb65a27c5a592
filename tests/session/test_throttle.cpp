#include <catch2/catch.hpp>

#include "proxy/session/login_throttle.hpp"

namespace tandem::session {

using std::chrono::seconds;

TEST_CASE("T-31 failures of a user or of an address wait 2, 4, 8, 15 s") {
  ManualClock clock;
  LoginThrottle throttle(clock);
  CHECK(throttle.failed("192.0.2.1", "a", "1") == seconds(2));
  CHECK(throttle.failed("192.0.2.1", "b", "1") == seconds(4));
  CHECK(throttle.failed("192.0.2.1", "A", "2") == seconds(8));
  CHECK(throttle.failed("192.0.2.1", "a", "3") == seconds(15));
  CHECK(throttle.failed("192.0.2.1", "a", "4") == seconds(15));
  CHECK(throttle.failed("192.0.2.2", "c", "4") == seconds(2));
  CHECK(throttle.failed("198.51.100.9", "a", "5") == seconds(15));  // the user's own count
  clock.advance(std::chrono::minutes(16));
  CHECK(throttle.failed("192.0.2.1", "a", "6") == seconds(2));
}

TEST_CASE("T-31 the same user and password again does not escalate") {
  ManualClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < 10; ++i) CHECK(throttle.failed("192.0.2.1", "a", "old") == seconds(2));
  CHECK(throttle.failed("192.0.2.1", "a", "older") == seconds(4));
  CHECK(throttle.failed("192.0.2.1", "a", "old") == seconds(4));
}

TEST_CASE("T-31 a right password clears the user's count, not the address's") {
  ManualClock clock;
  LoginThrottle throttle(clock);
  (void)throttle.failed("192.0.2.1", "a", "1");
  throttle.succeeded("a");
  CHECK(throttle.failed("192.0.2.9", "a", "2") == seconds(2));
  CHECK(throttle.failed("192.0.2.1", "b", "2") == seconds(4));
}

TEST_CASE("An IPv6 client is counted by its /48") {
  CHECK(network_of("2001:db8:1:2::3") == network_of("2001:db8:1:ffff::9"));
  CHECK(network_of("2001:db8:1::") != network_of("2001:db8:2::"));
  CHECK(network_of("192.0.2.1") == "192.0.2.1");
}

TEST_CASE("T-17 failures of very many names take bounded room") {
  ManualClock clock;
  LoginThrottle throttle(clock);
  for (int i = 0; i < 30000; ++i) (void)throttle.failed("192.0.2.1", std::to_string(i), "x");
  CHECK(throttle.failed("192.0.2.1", "a", "1") == seconds(15));
}

}  // namespace tandem::session
