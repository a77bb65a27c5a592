// Labels: where a server shows one message in several folders (Gmail: folders are labels) and says
// so by an id (X-GM-MSGID), its bytes are downloaded once. The ids are in the ledger beside the
// UIDs; a message that is to be copied and whose id is known from another folder is copied from
// there on the target (transfer_labels.cpp).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/net/imap_client.hpp"
#include "sync/context.hpp"

namespace tandem::sync {

// Whether the server gives such ids: X-GM-EXT-1.
[[nodiscard]] bool has_labels(const net::ImapClient& client);

// Learns the ids of these messages, in the folder that the side's client has open, that are not in
// the ledger yet; they are durable when this returns. What the server does not tell is missing; an
// error is the connection's or the ledger's.
Task<Result<void>> learn_labels(Context& context, const FolderRow& folder, net::ImapClient& client,
                                Side side, std::vector<Uid> uids);

// Of these UIDs, which have gone from the folder at home, those whose message need not have been
// deleted: it is in no other folder that is copied, and in `all_mail`, a folder of all messages
// that are in neither trash nor spam and not copied itself (archiving at Gmail leaves a message
// there alone); or that cannot be told, since `all_mail` is empty or no id was learned. With each,
// why it is spared. The client has another folder open afterwards.
Task<Result<std::map<Uid, std::string>>> find_archived(Context& context, const FolderRow& folder,
                                                       net::ImapClient& home, Side home_side,
                                                       std::string all_mail, std::vector<Uid> uids);

// Of `items`, which are in the folder that the source has open and are to be copied: those with a
// copy of ours on the other side, in another folder. Learns their ids.
Task<Result<std::vector<LabelCopy>>> find_label_copies(Context& context, const FolderRow& folder,
                                                       net::ImapClient& source, Side source_side,
                                                       const std::vector<Item>& items);

}  // namespace tandem::sync
