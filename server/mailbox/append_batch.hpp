// AppendBatch: the messages of one APPEND (RFC 3502 MULTIAPPEND), placed together or not at all.
// They become durable in one commit; only when they are large (16 MiB together) their bytes go
// ahead, unplaced, so that memory stays bounded. What was sent ahead and never placed is dropped,
// by the batch's end or at the next start.
#pragma once

#include <vector>

#include "lib/net/task.hpp"
#include "server/mailbox/index_message.hpp"
#include "server/mailbox/mailboxes.hpp"

namespace tandem::server {

class AppendBatch {
 public:
  AppendBatch(Mailboxes& mailboxes, BoxId box) : mailboxes_(&mailboxes), box_(box) {}
  AppendBatch(AppendBatch&&) = default;
  AppendBatch& operator=(AppendBatch&&) = delete;
  ~AppendBatch();

  // Kinds: limit (too many), storage.
  [[nodiscard]] net::Task<Result<void>> add(store::BlobDraft message, Flags flags,
                                            imap::DateTime date);
  [[nodiscard]] net::Task<Result<PlacedRange>> commit();
  [[nodiscard]] std::size_t size() const { return items_.size(); }

 private:
  struct Item {
    Flags flags;
    imap::DateTime date;
    std::uint64_t size = 0;
    std::int64_t body = 0;  // 0: its bytes are still in drafts_
  };
  [[nodiscard]] net::Task<Result<void>> send_ahead();

  Mailboxes* mailboxes_;
  BoxId box_;
  std::vector<Item> items_;
  std::vector<store::BlobDraft> drafts_;  // of the last items_
  std::vector<MessageIndex> indexes_;     // of these
  std::uint64_t waiting_bytes_ = 0;
};

}  // namespace tandem::server
