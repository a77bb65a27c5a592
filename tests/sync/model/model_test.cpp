// Random histories against the reference model: every message once, none lost, none doubled, no
// removal undone, whatever breaks in between.
//   TANDEM_HISTORIES=10000 test_sync_model   so many, from TANDEM_FIRST_HISTORY on
//   TANDEM_HISTORY=17 test_sync_model           this one alone, told line by line
//   TANDEM_PROPAGATE=1                       deletions are carried over in all of them
//   TANDEM_LABELS=1                          messages are in several folders in all of them
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "lib/base/log.hpp"
#include "tests/sync/model/history.hpp"

namespace tandem::sync::model {
namespace {

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// In memory: it is not the disk that is tested here.
void use_memory() {
  if (std::getenv("TMPDIR") == nullptr && std::filesystem::exists("/dev/shm"))
    ::setenv("TMPDIR", "/dev/shm", 1);
}

constexpr std::uint64_t per_town = 32;

// Every fourth without crashes, so that these can do what nobody could judge after one. In every
// third town deletions are carried over; in half of those few at once need a decision, and there
// are no crashes, after which nobody knows how many were at once. In every third history servers
// tell which messages are in several folders. In every fifth many folders come and go.
Wanted wanted_for(std::uint64_t seed) {
  const std::uint64_t town = seed / per_town;
  Wanted wanted;
  wanted.crashes = seed % 4 != 0;
  wanted.labels = seed % 3 == 0 || number_from("TANDEM_LABELS", 0) != 0;
  wanted.folders = seed % 5 == 0;
  wanted.propagate = town % 3 == 0 || number_from("TANDEM_PROPAGATE", 0) != 0;
  if (!wanted.propagate || town % 2 == 0) return wanted;
  wanted.brake = town / 2 % 2;
  wanted.crashes = false;
  return wanted;
}

config::SyncSettings settings_for(std::uint64_t seed) {
  const Wanted wanted = wanted_for(seed);
  config::SyncSettings settings;
  settings.map = {{"Alt", "Neu"}};
  settings.propagate_deletes = wanted.propagate;
  settings.brake_messages = wanted.brake;
  settings.brake_percent = 0;
  return settings;
}

// In every fifth town a day's bytes are few: a pass may end as if it had been cut there.
std::uint64_t per_day_for(std::uint64_t seed) {
  return seed / per_town % 5 == 2 && wanted_for(seed | 1).crashes ? 1200 : 0;
}

// In four of seven towns folders are copied several at a time, however little is in them.
std::size_t lane_messages_for(std::uint64_t seed) {
  return seed / per_town % 7 < 4 ? 1 : SyncOptions().lane_messages;
}

Task<void> live(Town& town, std::uint64_t first, std::uint64_t end, bool aloud) {
  for (std::uint64_t seed = first; seed < end; ++seed) {
    co_await town.move_in(static_cast<int>(seed - first) + 1);
    History history(town, seed, wanted_for(seed));
    co_await history.run();
    if (aloud) std::cerr << history.told();
    INFO("history " << seed << "\n" << history.told());
    CHECK(history.fault().empty());
  }
}

}  // namespace

TEST_CASE("Model: random histories with crashes between any two steps") {
  use_memory();
  const std::uint64_t only = number_from("TANDEM_HISTORY", 0);
  const std::uint64_t first = only != 0 ? only : number_from("TANDEM_FIRST_HISTORY", 1);
  const std::uint64_t end = only != 0 ? only + 1 : first + number_from("TANDEM_HISTORIES", 1000);
  log::start(log::Level::off);  // faults on purpose, by the ten thousand
  for (std::uint64_t at = first; at < end;) {
    const std::uint64_t next = std::min((at / per_town + 1) * per_town, end);
    Town town(settings_for(at), per_day_for(at));
    town.world->options.lane_messages = lane_messages_for(at);
    if (at / per_town % 3 == 0) town.world->options.large_mailbox = 1;
    town.run(live(town, at, next, only != 0));
    at = next;
  }
}

}  // namespace tandem::sync::model
