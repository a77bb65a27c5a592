// Labels: where a server shows one message in several folders (Gmail: folders are labels) and says
// so by an id (X-GM-MSGID), its bytes are downloaded once. The ids are in the ledger beside the
// UIDs; a message that is to be copied and whose id is known from another folder is copied from
// there on the target (transfer_labels.cpp).
#pragma once

#include <vector>

#include "lib/net/imap_client.hpp"
#include "sync/context.hpp"

namespace tandem::sync {

// Whether the server gives such ids: X-GM-EXT-1.
[[nodiscard]] bool has_labels(const net::ImapClient& client);

// Of `items`, which are in the folder that the source has open and are to be copied: those with a
// copy of ours on the other side, in another folder. Learns the ids that are not in the ledger yet;
// they are durable when this returns. What the server does not tell is missing; an error is the
// connection's or the ledger's.
Task<Result<std::vector<LabelCopy>>> find_label_copies(Context& context, const FolderRow& folder,
                                                       net::ImapClient& source, Side source_side,
                                                       const std::vector<Item>& items);

}  // namespace tandem::sync
