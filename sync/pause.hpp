// When a server wants to be left alone for a while. Pure.
#pragma once

#include <optional>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace tandem::sync {

// For how long, by the server's own words: "Suggested Backoff Time: N milliseconds" (Exchange, to
// the millisecond), a response code THROTTLED, too many connections or commands, a mailbox that
// Exchange does not connect (a minute). At most a day. Nothing: it said no such thing.
[[nodiscard]] std::optional<Duration> asked_to_wait(const Error& error);

}  // namespace tandem::sync
