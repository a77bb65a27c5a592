// Letters: the demo's mail. Deterministic by number: the same number is the same letter, in
// Japanese or English, plain or with parts, and its Message-ID carries the number, by which the
// check finds it again. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "app/demo/people.hpp"
#include "lib/base/clock.hpp"

namespace tandem::app::demo {

struct Letter {
  std::uint64_t number = 0;
  std::string sender;  // envelope
  std::string bytes;   // RFC 5322, CRLF
};

[[nodiscard]] Letter make_letter(std::uint64_t number, const Person& to, WallTime date);
// The number in a Message-ID of ours; nothing for any other.
[[nodiscard]] std::optional<std::uint64_t> letter_number(std::string_view message_id);

}  // namespace tandem::app::demo
