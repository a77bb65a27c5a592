// Random histories against the reference model: every message once, none lost, none doubled, no
// removal undone, whatever breaks in between.
//   TANDEM_HISTORIES=10000 test_sync_model   so many, from TANDEM_FIRST_HISTORY on
//   TANDEM_HISTORY=17 test_sync_model           this one alone, told line by line
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

// Every fourth without crashes, so that these can do what nobody could judge after one.
Wanted wanted_for(std::uint64_t seed) {
  Wanted wanted;
  wanted.crashes = seed % 4 != 0;
  return wanted;
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
  constexpr std::uint64_t per_town = 32;
  use_memory();
  const std::uint64_t only = number_from("TANDEM_HISTORY", 0);
  const std::uint64_t first = only != 0 ? only : number_from("TANDEM_FIRST_HISTORY", 1);
  const std::uint64_t end = only != 0 ? only + 1 : first + number_from("TANDEM_HISTORIES", 1000);
  log::start(log::Level::off);  // faults on purpose, by the ten thousand
  for (std::uint64_t at = first; at < end; at += per_town) {
    Town town;
    town.run(live(town, at, std::min(at + per_town, end), only != 0));
  }
}

}  // namespace tandem::sync::model
