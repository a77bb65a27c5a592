// tandemail sync --once: one pass over accounts by this process itself, while no server runs. Also
// for accounts whose copying has not begun: a rehearsal, which changes no phase.
#pragma once

#include "app/command.hpp"

namespace tandem::app {

// `needs_you` when an account failed, `done_with_notes` when messages had to be left out.
ExitCode sync_once(const Arguments& arguments);

}  // namespace tandem::app
