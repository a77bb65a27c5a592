// Is the message with this trace id in that account? The proof that R10 and R13 ask for, and the
// look before a mirror copy (R7). Searches the Received fields through IMAP; nothing is changed.
#pragma once

#include <string>

#include "lib/base/clock.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::gateway {

using net::Task;

// In one mailbox, which is left open for reading. `received` narrows the search to that day on.
Task<Result<bool>> mailbox_has_trace(net::ImapClient& client, std::string mailbox,
                                     std::string trace, WallTime received);
// In any mailbox of the account, INBOX first: a filter may have filed it.
Task<Result<bool>> account_has_trace(net::ImapClient& client, std::string trace, WallTime received);

}  // namespace tandem::gateway
