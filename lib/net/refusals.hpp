// Refusals: clients that were turned away before anything of theirs was looked at, counted since
// the start and written to the log once a minute for each reason, however many there are (W-NET-8).
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tandem::net {

enum class Refusal : std::uint8_t {
  too_many_connections,  // limits.connections_per_address
  too_many_in_a_minute,  // limits.connections_per_minute
  spoke_early,           // before the greeting (T-13)
  too_slow,              // a message that came at less than the least rate (T-18)
  too_many_errors,
};
inline constexpr std::size_t refusal_count = static_cast<std::size_t>(Refusal::too_many_errors) + 1;
[[nodiscard]] std::string_view name_of(Refusal why);  // "too_slow"

void note_refusal(Refusal why, std::string_view address);

[[nodiscard]] std::array<std::uint64_t, refusal_count> refusals();

}  // namespace tandem::net
