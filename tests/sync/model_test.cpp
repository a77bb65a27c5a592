// Random histories against the reference model: every message once, none lost, none doubled, no
// removal undone, whatever breaks in between.
//   TANDEM_HISTORIES=50000 test_sync "[model]"       how many (else a hundred or so)
//   TANDEM_HISTORY=17 test_sync "[model]"            this one alone, told line by line
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "lib/base/log.hpp"
#include "tests/sync/history.hpp"

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

Task<void> live(Town& town, std::uint64_t first, std::uint64_t end, Wanted wanted, bool aloud) {
  for (std::uint64_t seed = first; seed < end; ++seed) {
    const auto person = co_await town.move_in(static_cast<int>(seed - first) + 1);
    static_cast<void>(person);
    History history(town, seed, wanted);
    co_await history.run();
    if (aloud) std::cerr << history.told();
    INFO("history " << seed << "\n" << history.told());
    CHECK(history.fault().empty());
    if (!history.fault().empty()) co_return;
  }
}

void histories(Wanted wanted, std::uint64_t usual) {
  constexpr std::uint64_t per_town = 8;
  use_memory();
  const std::uint64_t only = number_from("TANDEM_HISTORY", 0);
  const std::uint64_t first = only == 0 ? 1 : only;
  const std::uint64_t end = only == 0 ? number_from("TANDEM_HISTORIES", usual) + 1 : only + 1;
  for (std::uint64_t at = first; at < end; at += per_town) {
    Town town;
    town.two.run(live(town, at, std::min(at + per_town, end), wanted, only != 0));
  }
}

}  // namespace

TEST_CASE("Model: random histories without faults", "[model]") {
  Wanted wanted;
  wanted.crashes = false;
  histories(wanted, 120);
}
TEST_CASE("Model: random histories with crashes between any two steps", "[model]") {
  histories(Wanted(), 120);
}

}  // namespace tandem::sync::model
