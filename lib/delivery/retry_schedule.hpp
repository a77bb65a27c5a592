// When a failed delivery is tried again: after 1, 5, 15, 60 minutes, then hourly (RFC 5321 4.5.4.1
// asks for patience after the first tries). Pure; any thread.
#pragma once

#include "lib/base/clock.hpp"

namespace tandem::delivery {

// `attempts`: how many there were before the one that has just failed.
[[nodiscard]] Duration retry_delay(unsigned attempts);

}  // namespace tandem::delivery
