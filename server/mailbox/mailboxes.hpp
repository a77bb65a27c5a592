// Mailboxes: all mailboxes of all accounts. Message bytes are blobs, everything else is rows; one
// message in several mailboxes is one blob, counted. What changes something goes through the
// committer and is durable when it returns; then the change bus tells the sessions. What only reads
// is synchronous and sees one snapshot. Any thread.
//
// Names are UTF-8 with '/' between levels; INBOX in upper case. UIDs and modseqs (RFC 7162) grow
// per mailbox and are never used again. Error kinds: not_found (no such mailbox), conflict (name
// taken), invalid (name), limit, and the store's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/task.hpp"
#include "lib/store/store.hpp"
#include "server/mailbox/change_bus.hpp"
#include "server/mailbox/types.hpp"

namespace tandem::server {

class AppendBatch;

class Mailboxes {
 public:
  // Drops what a crash left half done. The store and the clock must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<Mailboxes>> open(store::Store& store,
                                                               const Clock& clock);
  [[nodiscard]] static store::Schema schema();

  // Mailboxes (folders.cpp) ------------------------------------------------------------------
  // INBOX and the usual folders with their special uses, for a new account. Inside a unit of the
  // account's own creation; harmless when repeated.
  [[nodiscard]] static Result<void> create_defaults(store::Sql& sql, AccountId account,
                                                    WallTime now);
  // Everything of an account that is deleted.
  [[nodiscard]] static Result<void> remove_account(store::Sql& sql, AccountId account);

  [[nodiscard]] Result<std::optional<Box>> find(AccountId account, std::string_view name) const;
  [[nodiscard]] Result<std::optional<Box>> find(BoxId box) const;
  [[nodiscard]] Result<std::vector<Box>> list(AccountId account) const;  // by name
  [[nodiscard]] Result<std::vector<std::string>> subscriptions(AccountId account) const;
  // Missing parents are created too. `special_use` "\Sent" or empty; taken: conflict.
  [[nodiscard]] net::Task<Result<BoxId>> create(AccountId account, std::string name,
                                                std::string special_use = "");
  [[nodiscard]] net::Task<Result<void>> remove(AccountId account, std::string name);
  // With everything below it; INBOX: its messages move to the new one (RFC 3501 6.3.5).
  [[nodiscard]] net::Task<Result<void>> rename(AccountId account, std::string from, std::string to);
  [[nodiscard]] net::Task<Result<void>> subscribe(AccountId account, std::string name, bool on);

  // Messages in (deliver.cpp) ----------------------------------------------------------------
  struct Destination {
    AccountId account = 0;
    std::string mailbox = "INBOX";
    Flags flags;
  };
  // One message into any number of mailboxes, all or none: one blob, one commit.
  [[nodiscard]] net::Task<Result<std::vector<Placed>>> deliver(store::BlobDraft message,
                                                               std::vector<Destination> to,
                                                               imap::DateTime date);
  // See append_batch.hpp.
  [[nodiscard]] AppendBatch append_batch(BoxId box);

  // Messages changed (change.cpp) ------------------------------------------------------------
  [[nodiscard]] net::Task<Result<FlagsChanged>> store_flags(BoxId box, imap::SequenceSet uids,
                                                            FlagChange change);
  [[nodiscard]] net::Task<Result<Copied>> copy(BoxId from, imap::SequenceSet uids, BoxId to);
  [[nodiscard]] net::Task<Result<Copied>> move(BoxId from, imap::SequenceSet uids, BoxId to);
  // Those flagged \Deleted, of `uids` if given; which they were.
  [[nodiscard]] net::Task<Result<imap::SequenceSet>> expunge(BoxId box,
                                                             std::optional<imap::SequenceSet> uids);
  // These, whatever their flags (POP3).
  [[nodiscard]] net::Task<Result<imap::SequenceSet>> remove_messages(BoxId box,
                                                                     imap::SequenceSet uids);
  // A session takes the \Recent messages: the first UID that is recent for it.
  [[nodiscard]] net::Task<Result<Uid>> take_recent(BoxId box);

  // Looking (read.cpp) -----------------------------------------------------------------------
  [[nodiscard]] Result<imap::SequenceSet> uids(BoxId box) const;
  // Rows with first <= UID <= last, ascending, at most `limit`.
  [[nodiscard]] Result<std::vector<MessageRow>> rows(BoxId box, Uid first, Uid last,
                                                     RowDetail detail, std::size_t limit) const;
  // The smallest UID without \Seen; 0: none.
  [[nodiscard]] Result<Uid> first_unseen(BoxId box) const;
  [[nodiscard]] Result<std::uint32_t> count_from(BoxId box, Uid first) const;
  // Bytes of these messages.
  [[nodiscard]] Result<std::uint64_t> size_of(BoxId box, const imap::SequenceSet& uids) const;
  // What changed after `modseq`; expunged messages after `expunged_after`.
  [[nodiscard]] Result<Changes> changes(BoxId box, Modseq modseq, Modseq expunged_after) const;
  [[nodiscard]] const store::Blobs& blobs() const { return store_.blobs(); }
  [[nodiscard]] store::BlobDraft draft() const { return store_.draft(); }
  [[nodiscard]] ChangeBus& bus() { return bus_; }
  [[nodiscard]] store::Store& store() { return store_; }
  [[nodiscard]] const Clock& clock() const { return clock_; }

 private:
  Mailboxes(store::Store& store, const Clock& clock) : store_(store), clock_(clock) {}
  [[nodiscard]] net::Task<Result<Copied>> transfer(BoxId from, imap::SequenceSet uids, BoxId to,
                                                   bool move);
  [[nodiscard]] net::Task<Result<imap::SequenceSet>> take_out(BoxId box, imap::SequenceSet uids,
                                                              bool only_deleted);

  store::Store& store_;
  const Clock& clock_;
  ChangeBus bus_;
};

}  // namespace tandem::server
