// Who may come, and what is done when they have gone.
#include <memory>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/net/address_limit.hpp"
#include "lib/net/give_back.hpp"
#include "lib/net/refusals.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t crowd = CrowdWatch::crowd;

}  // namespace

TEST_CASE("T-18 places are counted by address, those of IPv6 by /64, and given back") {
  AddressSet trusted;
  REQUIRE(trusted.add("192.0.2.10"));
  AddressLimit limit(2, trusted);
  std::vector<AddressLimit::Place> held;
  for (const char* address : {"192.0.2.1", "192.0.2.1", "2001:db8::1", "2001:db8::2"}) {
    held.push_back(limit.enter(address));
    CHECK(held.back());
  }
  CHECK_FALSE(limit.enter("192.0.2.1"));
  CHECK_FALSE(limit.enter("2001:db8::3"));
  CHECK(limit.enter("2001:db8:0:1::1"));
  for (int i = 0; i < 5; ++i) {
    held.push_back(limit.enter("192.0.2.10"));  // speaks for many
    CHECK(held.back());
  }
  CHECK(limit.count().open == 9);
  held.erase(held.begin());
  CHECK(limit.enter("192.0.2.1"));
  held.clear();
  const AddressLimit::Counts counts = limit.count();
  CHECK(counts.open == 0);
  CHECK(counts.most == 9);
  CHECK(limit.count().most == 0);
}

TEST_CASE("T-18 who has logged in is not counted: an office behind one address") {
  AddressLimit limit(1);
  std::vector<AddressLimit::Place> held;
  {
    std::vector<AddressLimit::LoggedIn> known;
    for (int i = 0; i < 5; ++i) {
      held.push_back(limit.enter("192.0.2.1"));
      CHECK(held.back());
      CHECK_FALSE(limit.enter("192.0.2.1"));
      known.push_back(limit.logged_in("192.0.2.1"));
    }
    CHECK(limit.count().open == 5);
  }
  CHECK_FALSE(limit.enter("192.0.2.1"));
  held.clear();
  CHECK(limit.enter("192.0.2.1"));
}

TEST_CASE("T-18 an address that begins too many connections in a minute waits for the next") {
  ManualClock clock;
  AddressLimit limit(100);
  limit.limit_rate(3, clock);
  const auto before = refusals()[static_cast<std::size_t>(Refusal::too_many_in_a_minute)];
  for (int i = 0; i < 3; ++i) CHECK(limit.enter("2001:db8::1"));
  CHECK_FALSE(limit.enter("2001:db8::2"));
  CHECK(limit.enter("2001:db8:0:1::1"));
  CHECK(refusals()[static_cast<std::size_t>(Refusal::too_many_in_a_minute)] == before + 1);
  clock.advance(std::chrono::seconds(59));
  CHECK_FALSE(limit.enter("2001:db8::1"));
  clock.advance(std::chrono::seconds(1));
  for (int i = 0; i < 10; ++i) {
    const auto place = limit.enter("2001:db8::1");
    CHECK(place);
    const auto known = limit.logged_in("2001:db8::1");
  }
}

TEST_CASE("a crowd has gone when many connections and half of them are no more") {
  CrowdWatch watch;
  CHECK_FALSE(watch.gone({.open = 0, .most = 0}));
  CHECK_FALSE(watch.gone({.open = 0, .most = crowd - 1}));  // no crowd
  CHECK_FALSE(watch.gone({.open = 5000, .most = 5000}));
  CHECK_FALSE(watch.gone({.open = 2600, .most = 5000}));
  CHECK(watch.gone({.open = 2500, .most = 2600}));
  CHECK_FALSE(watch.gone({.open = 2500, .most = 2500}));  // once for each going
  CHECK(watch.gone({.open = 0, .most = 2500}));
  CHECK(watch.gone({.open = 0, .most = crowd}));  // came and went between two looks
  CHECK_FALSE(watch.gone({.open = 0, .most = 0}));
}

}  // namespace tandem::net
