// The exit codes of every command, as scripts rely on them.
#pragma once

namespace tandem::app {

enum class ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,
  done_with_notes = 3,  // finished, but something is worth reading
  needs_you = 4,        // cannot go on until a person acts
};

}  // namespace tandem::app
