// A server that may still be busy with what it got before a connection broke, one message after the
// other: what it puts there behind our look would be there twice.
#pragma once

#include "lib/base/clock.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::sync {

// Ends when two looks in a row, `pause` and twice as much apart, find nothing new in any folder.
// Errors: as LIST's.
[[nodiscard]] net::Task<Result<void>> wait_until_quiet(net::ImapClient& client, Duration pause);

}  // namespace tandem::sync
