// Reads one side's folders: namespace, names, special use, subscriptions, STATUS.
#pragma once

#include "lib/net/imap_client.hpp"
#include "sync/folders.hpp"

namespace tandem::sync {

// `subscriptions`: also asks which are subscribed. Folders of other people and shared ones stand
// apart; the quarantine folder is left out.
// `more`: what is asked for of each folder beside the usual. `ahead`: these are asked by STATUS,
// all together, ahead of the LIST. That is a round trip more; but Dovecot 2.3 reads through the
// whole of each Maildir that it opens (2 s for a million messages), except for the one that a
// session opens first, ahead of any LIST.
net::Task<Result<SideFolders>> list_side(net::ImapClient& client, bool subscriptions,
                                         imap::StatusItems more = 0,
                                         std::vector<std::string> ahead = {});

// What a pass wants to know of each folder.
[[nodiscard]] imap::StatusItems status_items(const net::ImapClient& client);

}  // namespace tandem::sync
