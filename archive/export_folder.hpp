// One folder, from the server into its box. Internal to the export.
#pragma once

#include "archive/box.hpp"
#include "archive/report.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::archive {

using net::Task;

// The folder is opened with EXAMINE. An error: the connection or the disk.
[[nodiscard]] Task<Result<void>> export_folder(net::ImapClient& client, std::string name, Box& box,
                                               Report& report);

}  // namespace tandem::archive
