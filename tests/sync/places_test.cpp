// Hosts that count connections for each address they come from: never more than our share.
#include "sync/places.hpp"

#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

config::MigrationSettings between(std::string from, std::string to, unsigned most_from,
                                  unsigned most_to) {
  config::MigrationSettings settings;
  settings.old_side.imap.emplace().host = std::move(from);
  settings.new_side.imap.emplace().host = std::move(to);
  settings.old_side.connections_per_address = most_from;
  settings.new_side.connections_per_address = most_to;
  return settings;
}

// How many can be had before somebody would have to wait.
std::size_t most_of(const config::MigrationSettings& settings) {
  Places places;
  std::vector<HeldPlaces> held;
  while (held.size() < 100 && places.try_take(settings, held.emplace_back())) {
  }
  return held.back().any() ? held.size() : held.size() - 1;
}

Task<void> waits_and_counts(Places& places, const config::MigrationSettings& settings, int& now,
                            int& most, int& done) {
  HeldPlaces held;
  const bool taken = co_await places.take(settings, PlaceFor::background, 0, held);
  CHECK(taken);
  CHECK(held.any());
  most = std::max(most, ++now);
  for (int round = 0; round < 3; ++round)
    co_await boost::asio::post(co_await boost::asio::this_coro::executor,
                               boost::asio::use_awaitable);
  --now;
  ++done;
}

Task<void> everybody_gets_one() {
  Places places;
  const auto there = between("a", "b", 4, 4);
  const auto back = between("b", "a", 4, 4);
  const auto inside = between("a", "a", 4, 4);
  int now = 0;
  int most = 0;
  int done = 0;
  net::TaskGroup group(co_await boost::asio::this_coro::executor);
  for (int at = 0; at < 20; ++at)
    for (const auto* settings : {&there, &back, &inside})
      group.spawn(waits_and_counts(places, *settings, now, most, done));
  co_await group.join();
  CHECK(done == 60);
  CHECK(most == 3);  // two between the hosts, one with both its connections to `a`
}

Task<void> persons_do_not_wait_for_copies() {
  Places places;
  const auto settings = between("a", "b", 4, 0);
  HeldPlaces first;
  HeldPlaces second;
  CHECK(places.free(settings) == 2);
  CHECK(places.try_take(settings, first));
  CHECK(places.try_take(settings, second));
  CHECK(places.free(settings) == 0);
  HeldPlaces person;
  CHECK(co_await places.take(settings, PlaceFor::person, 0, person));
  CHECK(person.any());
  CHECK_FALSE(places.are_wanted(settings));
  HeldPlaces third;
  CHECK_FALSE(places.try_take(settings, third));
  first = {};
  CHECK(places.try_take(settings, third));
}

}  // namespace

TEST_CASE("Places: half of what a host takes from each of our addresses, and at least one") {
  CHECK(most_of(between("a", "b", 0, 0)) == 99);  // it counts no further
  CHECK(most_of(between("a", "b", 1, 0)) == 1);
  CHECK(most_of(between("a", "b", 4, 0)) == 2);
  CHECK(most_of(between("a", "b", 0, 20)) == 10);
  CHECK(most_of(between("a", "b", 20, 6)) == 3);
  auto several = between("a", "b", 4, 0);
  several.old_side.source_addresses = {"192.0.2.1", "192.0.2.2"};
  CHECK(most_of(several) == 4);
  // Both connections of a pair go there.
  CHECK(most_of(between("a", "a", 0, 20)) == 5);
}

TEST_CASE("Places: everybody gets one in the end, whichever way the hosts stand") {
  test::run(everybody_gets_one());
}

TEST_CASE("Places: what a person waits for does not wait for copies") {
  test::run(persons_do_not_wait_for_copies());
}

}  // namespace tandem::sync
