// Signals that ask the process to end or to look again, as something a coroutine waits for.
#pragma once

#include "lib/net/task.hpp"

namespace tandem::net {

// Waits for SIGINT or SIGTERM; returns its number, or 0 when cancelled. One waiter per process.
[[nodiscard]] Task<int> wait_for_stop_signal();

}  // namespace tandem::net
