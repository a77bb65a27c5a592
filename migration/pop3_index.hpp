// Pop3Index: which message of a POP3 mailbox is which, for good. POP3 numbers messages anew in each
// session; the ledger gives each id of the server (UIDL) a UID, as IMAP means it: never reused,
// rising in the order in which the messages were first seen. Rows stay when the message goes:
// should it turn up again, it is the same. Size and date, which POP3 tells roughly or not at all,
// are kept once they were found out.
//
// An id may come to name another message: some servers give numbers, and give them again. Whether
// it does is told by a digest of the header; whom to look at, Pop3Inbox decides.
//
// One account's one side. The ledger's coroutines are of any io thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "lib/protocol/imap/date_time.hpp"
#include "migration/account.hpp"

namespace tandem::store {
class Sql;
class Store;
}  // namespace tandem::store

namespace tandem::migration {

using net::Task;
class Pop3Numbering;

// What is known of a message.
struct Pop3Known {
  std::uint32_t uid = 0;
  std::uint64_t size = 0;               // exact; 0: not known
  std::optional<imap::DateTime> date;   // INTERNALDATE
  std::optional<std::uint64_t> listed;  // what LIST said of its size; none: not known
  std::string header;                   // a digest of it; empty: it was not read yet
};

// What a session tells of a message.
struct Pop3Seen {
  std::string key;
  std::uint64_t listed = 0;
  std::optional<std::string> header;  // a digest, never empty; none: it was not looked at
};

class Pop3Index {
 public:
  Pop3Index(store::Store& store, AccountId account, Side side)
      : store_(&store), account_(account), side_(side) {}

  struct Numbered {
    std::uint32_t validity = 0;                 // UIDVALIDITY: of the first time on, never changed
    std::uint32_t next = 1;                     // UIDNEXT
    std::map<std::string, Pop3Known> messages;  // by id
  };
  [[nodiscard]] Result<Numbered> read() const;
  // Durable when it returns. `known` is what read() gave, `seen` in the server's order, each key
  // once; `now` becomes the UIDVALIDITY of a mailbox that was never numbered. A message whose
  // header is another than its key's gets the UID that it had under another key, else a new one.
  Task<Result<Numbered>> number(Numbered known, std::vector<Pop3Seen> seen, WallTime now);
  // Size, date and header of messages, by their UID.
  Task<Result<void>> remember(std::vector<Pop3Known> found);
  // All that was ever numbered, by id.
  [[nodiscard]] Result<std::map<std::string, std::uint32_t>> uids() const;

  // The key of a server's id; ids that we make begin otherwise.
  [[nodiscard]] static std::string key_of(std::string_view uidl) {
    return "u " + std::string(uidl);
  }

 private:
  [[nodiscard]] Result<void> put(store::Sql& sql, const Pop3Numbering& numbering) const;

  store::Store* store_;
  AccountId account_;
  Side side_;
};

}  // namespace tandem::migration
