// Is the message with this trace id in that account? The proof that R10 and R13 ask for, and the
// look before a mirror copy (R7). Searches the Received fields through IMAP; nothing is changed.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::gateway {

using net::Task;

// In one mailbox, which is left open for reading. `received` narrows the search to that day on.
Task<Result<bool>> mailbox_has_trace(net::ImapClient& client, std::string mailbox,
                                     std::string trace, WallTime received);
// Which of several are in one mailbox: one search, if none of them is there. At most ten or so: the
// search is one line, and some servers take no more than 1000 bytes.
struct Sought {
  std::string trace;
  WallTime received;
};
Task<Result<std::set<std::string>>> traces_in(net::ImapClient& client, std::string mailbox,
                                              std::vector<Sought> sought);
// The same in the mailbox that is open, among the messages from UID `from` on.
Task<Result<std::set<std::string>>> traces_from(net::ImapClient& client, std::uint32_t from,
                                                std::vector<Sought> sought);
// The mailbox of the account that has it, left open for reading; INBOX first: a filter may have
// filed it. Nothing: none has.
Task<Result<std::optional<std::string>>> mailbox_with_trace(net::ImapClient& client,
                                                            std::string trace, WallTime received);
Task<Result<bool>> account_has_trace(net::ImapClient& client, std::string trace, WallTime received);

}  // namespace tandem::gateway
