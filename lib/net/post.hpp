// A call on another io thread: how one thread tells another something without waiting for it.
#pragma once

#include <functional>

#include "lib/net/task.hpp"

namespace tandem::net {

// Runs `call` soon on the executor's thread, never inside this call. From any thread. A context
// that has stopped drops it, so `call` must keep alive what it uses and rely on nothing happening.
void post_to(const Executor& executor, std::function<void()> call);

}  // namespace tandem::net
