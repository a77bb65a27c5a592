// What `cutover` and `rollback` share: ask what would happen, have it confirmed, start the run and
// follow it to its end.
#pragma once

#include <string_view>

#include "app/command.hpp"

namespace tandem::app {

struct SwitchWords {
  std::string_view path;    // "/api/cutover"
  std::string_view action;  // in an account's `can`: "cut_over"
  std::string_view verb;    // "cut over"
};

ExitCode switch_homes(const Arguments& arguments, const SwitchWords& words);

}  // namespace tandem::app
