// What a milter said about one message, as a value; and the reading of its words. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/protocol/milter/examination.hpp"
#include "lib/protocol/smtp/reply.hpp"

namespace tandem::milter {

struct Verdict {
  enum class Decision : std::uint8_t { accept, refuse, discard };
  Decision decision = Decision::accept;
  smtp::Reply reply;                      // refuse: 4yz or 5yz, never 421
  std::vector<Field> added;               // fields for the front of the message, in this order
  std::optional<std::string> quarantine;  // why it should be held
  // Changes that were asked for and cannot be made; what the first of them was.
  std::size_t not_made = 0;
  std::string first_not_made;
};

// "550 5.7.1 No, thank you", of one or more lines: the reply of a filter. Anything but a 4yz or 5yz
// is 451 4.7.1; 421 is 451, since it is the message that is spoken of and not the session.
[[nodiscard]] smtp::Reply read_reply(std::string_view text);

// A field that a filter wants added, fit for a message: CRLF line ends, every further line
// folded, nothing but what a header may hold. Nothing: its name is no field's, a line is longer
// than 998 bytes, or the message may have that field once only (RFC 5322 3.6; MIME's fields) and it
// is not a filter's to write.
[[nodiscard]] std::optional<Field> fit_field(std::string_view name, std::string_view value);

}  // namespace tandem::milter
