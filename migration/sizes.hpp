// Sizes of the messages of a side, for the preflight.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/net/imap_client.hpp"

namespace tandem::migration {

using net::Task;

// Of the mailbox that is open. POP3 tells the sizes of all messages at once and searches nothing.
Task<Result<std::vector<std::uint64_t>>> sizes_in(net::ImapClient& client);

// Of an EXAMINE or STATUS: this folder cannot be opened, others may.
[[nodiscard]] bool is_closed(const Error& error);

// How many messages of these folders are larger than `limit`. A server that refuses the search is
// asked for the sizes; a folder that cannot be opened is left out. `pop3_only`: the INBOX is open,
// and there is nothing else.
Task<Result<std::uint64_t>> count_larger(net::ImapClient& client, std::vector<std::string> folders,
                                         bool pop3_only, std::uint64_t limit);

}  // namespace tandem::migration
