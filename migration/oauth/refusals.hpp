// The refusals of token servers that are met in practice, in plain words. A table; pure.
#pragma once

#include <span>
#include <string_view>

#include "migration/oauth/next_steps.hpp"

namespace tandem::migration::oauth {

struct Refusal {
  std::string_view code;   // RFC 6749 5.2 "error"; empty: any
  std::string_view words;  // in the description, without regard to case; empty: any
  std::string_view cause;  // goes on after "… gives no token: "
  NextStep next_step;
  bool temporary = false;
};

// The most telling entry; the last of the table fits everything.
[[nodiscard]] const Refusal& refusal_of(std::string_view code, std::string_view description);
[[nodiscard]] std::span<const Refusal> all_refusals();

}  // namespace tandem::migration::oauth
