// tandemail sync: copies accounts now; copying begins where it has not begun.
#include "app/ask_some.hpp"
#include "app/command.hpp"
#include "app/sync_once.hpp"

namespace tandem::app {

ExitCode run_sync(const Arguments& arguments) {
  if (arguments.has("once")) return sync_once(arguments);
  return ask_some(arguments, "/api/sync", "asked to sync now");
}

}  // namespace tandem::app
