// Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2183), with RFC 2231's
// continuations and charsets, and the ways real mailers break them (unquoted blanks, encoded words
// in quotes, raw 8-bit). At most 100 parameters are read.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::mail {

struct Parameter {
  std::string name;   // lower case; ends in '*' when `value` is in RFC 2231's extended form
  std::string value;  // as written, quoting removed, continuations joined (RFC 2231 6)
  std::string text;   // decoded, UTF-8
  bool operator==(const Parameter&) const = default;
};
using Parameters = std::vector<Parameter>;

// A value and what follows it: "text/plain; charset=utf-8", "attachment; filename=x".
struct Parametrized {
  std::string value;  // lower case; empty if there was none
  Parameters parameters;
};

[[nodiscard]] Parametrized parse_parametrized(std::string_view field_value);
// The parameter of that name (without '*'), the extended form first; or null.
[[nodiscard]] const Parameter* find_parameter(const Parameters& parameters, std::string_view name);

}  // namespace tandem::mail
