// tandemail pause: stops copying; mail is still delivered and mirrored.
#include "app/ask_some.hpp"
#include "app/command.hpp"

namespace tandem::app {

ExitCode run_pause(const Arguments& arguments) {
  return ask_some(arguments, "/api/accounts/pause", "paused");
}

}  // namespace tandem::app
