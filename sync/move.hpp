// Moving messages of the open folder into another one of the same side.
#pragma once

#include <map>
#include <string>

#include "lib/net/imap_client.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

using net::Task;

// Single messages can be taken out of a folder: by MOVE (RFC 6851), or by UID EXPUNGE (RFC 4315).
// A plain EXPUNGE would also remove what others have marked.
[[nodiscard]] bool can_move(const net::ImapClient& client);

[[nodiscard]] bool can_expunge(const net::ImapClient& client);

// What COPYUID says: old to new. Empty: it was not said.
[[nodiscard]] std::map<Uid, Uid> copied_uids(const imap::ResponseCode& code);

struct MoveOutcome {
  bool removed = true;  // false: only copied, because the server cannot remove single messages
  std::uint32_t validity = 0;  // of the folder they are in now; 0: the server did not say
  std::map<Uid, Uid> uids;     // old to new, where the server said so (COPYUID)
};
// A connection that breaks leaves some of them here, some there, and by COPY some at both places.
Task<Result<MoveOutcome>> move_messages(net::ImapClient& client, imap::SequenceSet set,
                                        std::string target);
// Removes these for good, marked as \Deleted by anybody or not. Needs UIDPLUS.
Task<Result<void>> expunge_messages(net::ImapClient& client, imap::SequenceSet set);

}  // namespace tandem::sync
