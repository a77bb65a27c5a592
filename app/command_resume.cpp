// tandemail resume: goes on copying.
#include "app/ask_some.hpp"
#include "app/command.hpp"

namespace tandem::app {

ExitCode run_resume(const Arguments& arguments) {
  return ask_some(arguments, "/api/accounts/resume", "resumed");
}

}  // namespace tandem::app
