// One folder, from its box into the folder that the client has open. Internal to the load.
#pragma once

#include "archive/box.hpp"
#include "archive/report.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::archive {

using net::Task;

// `place`: the box's, for people. What is refused is named in the report; an error: the connection,
// a full mailbox, the box itself.
[[nodiscard]] Task<Result<void>> load_folder(net::ImapClient& client, Box& box, std::string place,
                                             Report& report);

}  // namespace tandem::archive
