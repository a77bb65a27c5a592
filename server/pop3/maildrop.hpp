// Maildrop: an INBOX as POP3 sees it (RFC 1939 3): the messages that were there at log-in, numbered
// by UID. A message's UIDL is "UIDVALIDITY.UID", so it stays what it is for as long as IMAP's
// identity does. What was read to its end is \Seen after QUIT. The connection's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/net/pop3_server_driver.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "server/pop3/maildrop_locks.hpp"

namespace tandem::server {

class Maildrop : public net::Pop3Mailbox {
 public:
  // Kinds: not_found, and the store's.
  [[nodiscard]] static Result<Maildrop> open(Mailboxes& mailboxes, AccountId account,
                                             MaildropLocks::Lock lock);

  [[nodiscard]] std::vector<pop3::MessageEntry> entries() const;
  net::Task<Result<std::string>> read(std::size_t index, std::uint64_t offset) override;
  net::Task<bool> remove(std::vector<std::size_t> indexes) override;

 private:
  struct Message {
    Uid uid = 0;
    store::BlobRef blob;
    bool unread = false;  // when the session began
    bool read = false;    // in this session, to its end
  };
  Maildrop(Mailboxes& mailboxes, MaildropLocks::Lock lock)
      : mailboxes_(mailboxes), lock_(std::move(lock)) {}
  [[nodiscard]] Result<void> load();
  [[nodiscard]] net::Task<bool> update(std::vector<std::size_t> indexes);
  [[nodiscard]] net::Task<bool> note_seen();

  Mailboxes& mailboxes_;
  std::optional<MaildropLocks::Lock> lock_;  // until QUIT is done (RFC 1939 6)
  Box box_;
  std::vector<Message> messages_;
  std::size_t open_index_ = 0;
  std::optional<store::BlobReader> reader_;  // of messages_[open_index_]
};

}  // namespace tandem::server
