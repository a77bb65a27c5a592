// Reads one side's folders: namespace, names, special use, subscriptions, STATUS.
#pragma once

#include "lib/net/imap_client.hpp"
#include "sync/folders.hpp"

namespace tandem::sync {

// `subscriptions`: also asks which are subscribed. Folders of other people, shared ones
// and the quarantine folder are left out.
// `more`: what is asked for of each folder beside the usual.
net::Task<Result<SideFolders>> list_side(net::ImapClient& client, bool subscriptions,
                                         imap::StatusItems more = 0);

// What a pass wants to know of each folder.
[[nodiscard]] imap::StatusItems status_items(const net::ImapClient& client);

}  // namespace tandem::sync
