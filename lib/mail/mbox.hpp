// Several messages in one file (RFC 4155, as mail programs write it): each begins with a line "From
// ADDRESS DATE" at the start or behind an empty line. A line of text that only begins with "From "
// is told apart by the year or zone at its end. Lines ">From " stay as they are. Pure; any thread.
#pragma once

#include <string_view>
#include <vector>

namespace tandem::mail {

// The messages without their "From " lines; none if `text` does not begin with one. At most 10,000:
// the last one then holds the rest.
[[nodiscard]] std::vector<std::string_view> split_mbox(std::string_view text);

// What follows the first such line inside of `text`: a message that was put into another as text.
[[nodiscard]] std::string_view message_behind_from_line(std::string_view text);

}  // namespace tandem::mail
