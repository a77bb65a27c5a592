// The phases of an account and the only steps between them. Where mail is delivered follows from
// the phase alone; each step raises the account's epoch by one and is one durable ledger record.
//
//   old  ->  mirror_old  <->  mirror_new  ->  finished
//        start        cut over / roll back   finish
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "lib/base/result.hpp"

namespace tandem::migration {

enum class Side : std::uint8_t { old_side, new_side };

enum class Phase : std::uint8_t {
  old,         // home old, no mirror: nothing has begun, or it was called off
  mirror_old,  // home old, the new side gets copies
  mirror_new,  // home new, the old side gets copies: roll-back is possible
  finished,    // home new, no mirror ("new" to people)
};

enum class Step : std::uint8_t { start, cut_over, roll_back, finish, call_off };

[[nodiscard]] Side other(Side side);
[[nodiscard]] Origin origin_of(Side side);  // whose an error is
[[nodiscard]] Side home_of(Phase phase);
[[nodiscard]] std::optional<Side> mirror_of(Phase phase);
// The phase after `step`, or nothing where the step does not begin in `from`.
[[nodiscard]] std::optional<Phase> after(Phase from, Step step);

// "old", "mirror-old", "mirror-new", "new": as stored, shown and typed.
[[nodiscard]] std::string_view name_of(Phase phase);
[[nodiscard]] std::optional<Phase> phase_named(std::string_view name);
[[nodiscard]] std::string_view name_of(Side side);  // "old", "new"
[[nodiscard]] std::string_view name_of(Step step);  // "start", "cut over", …

}  // namespace tandem::migration
