// What `sync`, `pause` and `resume` share: asked for the accounts named, or for all of them.
#pragma once

#include <string_view>

#include "app/command.hpp"

namespace tandem::app {

// `done` follows the number of accounts: "asked to sync".
ExitCode ask_some(const Arguments& arguments, std::string_view path, std::string_view done);

}  // namespace tandem::app
