// The accounts of a migration added up, for the overview and the metrics. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "webui/describe_account.hpp"
#include "webui/problem.hpp"

namespace tandem::webui {

struct Totals {
  std::size_t accounts = 0;
  std::array<std::uint64_t, state_count> states{};
  std::array<std::uint64_t, 4> phases{};
  std::uint64_t messages_done = 0, messages_total = 0, bytes_done = 0, bytes_total = 0;
  std::uint64_t unreachable_old = 0, unreachable_new = 0;
  // When an account was in sync: of the latest, and of the one that waits longest. Nothing: none
  // was.
  std::optional<WallTime> last_pass, oldest_pass;
  std::optional<Problem> old_problem, new_problem;

  [[nodiscard]] std::uint64_t in(State state) const {
    return states[static_cast<std::size_t>(state)];
  }
  [[nodiscard]] std::uint64_t in(migration::Phase phase) const {
    return phases[static_cast<std::size_t>(phase)];
  }
};

[[nodiscard]] Totals add_up(const std::vector<AccountState>& accounts);

}  // namespace tandem::webui
