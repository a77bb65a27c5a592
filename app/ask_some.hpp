// What commands for some accounts share: those that are named, or all of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/command.hpp"
#include "lib/base/result.hpp"

namespace tandem::app {

class ApiClient;

// The addresses among the words of the command line; without any, every account of the server.
[[nodiscard]] Result<std::vector<std::string>> accounts_meant(const Arguments& arguments,
                                                              const ApiClient& api);

// One request to `path` for all of them: sync, pause, resume. `done` follows the number of
// accounts: "asked to sync".
ExitCode ask_some(const Arguments& arguments, std::string_view path, std::string_view done);

}  // namespace tandem::app
