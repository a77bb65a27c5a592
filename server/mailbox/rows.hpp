// The statements that several of the mailbox files share. For server/mailbox only; inside a unit or
// a read.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/store/sql.hpp"
#include "server/mailbox/index_message.hpp"
#include "server/mailbox/types.hpp"

namespace tandem::server::rows {

[[nodiscard]] Result<std::optional<Box>> find_box(store::Sql& sql, AccountId account,
                                                  std::string_view name);
[[nodiscard]] Result<std::optional<Box>> find_box(store::Sql& sql, BoxId box);
// Kind not_found where it is gone.
[[nodiscard]] Result<Box> need_box(store::Sql& sql, BoxId box);
[[nodiscard]] Result<std::vector<Box>> list_boxes(store::Sql& sql, AccountId account);

// A value that no mailbox ever had.
[[nodiscard]] Result<std::uint32_t> next_validity(store::Sql& sql, WallTime now);
[[nodiscard]] Result<BoxId> insert_box(store::Sql& sql, AccountId account, std::string_view name,
                                       std::string_view special_use, WallTime now);
// The mailbox's next modseq, for all that one unit changes in it.
[[nodiscard]] Result<Modseq> next_modseq(store::Sql& sql, BoxId box);
// `count` UIDs in a row, the first of them. Kind limit: the mailbox has used them all.
[[nodiscard]] Result<Uid> take_uids(store::Sql& sql, BoxId box, std::size_t count);
// Remembers keywords for the mailbox's FLAGS.
[[nodiscard]] Result<void> note_keywords(store::Sql& sql, const Box& box, const Flags& flags);

[[nodiscard]] Result<std::int64_t> insert_body(store::Sql& sql, store::BlobRef blob,
                                               const MessageIndex& index, bool ahead);
struct NewMessage {
  BoxId box = 0;
  Uid uid = 0;
  std::int64_t body = 0;
  Modseq modseq = 0;
  std::uint64_t size = 0;
};
[[nodiscard]] Result<void> insert_message(store::Sql& sql, const NewMessage& message,
                                          const Flags& flags, imap::DateTime date);
// Deletes the message and leaves its tombstone.
[[nodiscard]] Result<void> expunge_message(store::Sql& sql, BoxId box, Uid uid, Modseq modseq);
// Deletes a mailbox with its messages and tombstones.
[[nodiscard]] Result<void> drop_box(store::Sql& sql, BoxId box);
// Releases the blobs that no message uses any more.
[[nodiscard]] Result<void> drop_unused_bodies(store::Sql& sql);

// One message, as flag changes and copies need it.
struct Stored {
  Uid uid = 0;
  std::int64_t body = 0;
  Flags flags;
  Modseq modseq = 0;
  imap::DateTime date;
  std::uint64_t size = 0;
};
// Those of `uids` (resolved, ascending) that are there, by UID.
[[nodiscard]] Result<std::vector<Stored>> stored(store::Sql& sql, BoxId box,
                                                 const imap::SequenceSet& uids);

}  // namespace tandem::server::rows
