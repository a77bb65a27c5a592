#include "config/problem.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tandem::config {

std::string Problem::to_string() const {
  std::string place = file;
  if (line != 0) place += fmt::format(":{}", line);
  if (!column.empty()) place += fmt::format(" ({})", column);
  const auto* const word = severity == Severity::error ? "error" : "warning";
  return cure.empty() ? fmt::format("{}: {}: {}", place, word, what)
                      : fmt::format("{}: {}: {} {}", place, word, what, cure);
}

bool has_error(std::span<const Problem> problems) {
  return std::ranges::any_of(
      problems, [](const Problem& problem) { return problem.severity == Severity::error; });
}

}  // namespace tandem::config
