// Pop3Index: which message of a POP3 mailbox is which, for good. POP3 numbers messages anew in each
// session; the ledger gives each id of the server (UIDL) a UID, as IMAP means it: never reused,
// rising in the order in which the messages were first seen. Rows stay when the message goes:
// should it turn up again, it is the same. Size and date, which POP3 tells roughly or not at all,
// are kept once they were found out.
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
class Store;
}

namespace tandem::migration {

using net::Task;

// What is known of a message.
struct Pop3Known {
  std::uint32_t uid = 0;
  std::uint64_t size = 0;              // exact; 0: not known
  std::optional<imap::DateTime> date;  // INTERNALDATE
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
  // Durable when it returns. `ids` in the server's order, each once; `now` becomes the UIDVALIDITY
  // of a mailbox that was never numbered.
  Task<Result<Numbered>> number(std::vector<std::string> ids, WallTime now);
  // Size and date of messages, by their UID.
  Task<Result<void>> remember(std::vector<Pop3Known> found);
  // All that was ever numbered, by id.
  [[nodiscard]] Result<std::map<std::string, std::uint32_t>> uids() const;

  // The key of a server's id; ids that we make begin otherwise.
  [[nodiscard]] static std::string key_of(std::string_view uidl) {
    return "u " + std::string(uidl);
  }

 private:
  [[nodiscard]] Result<Numbered> read() const;

  store::Store* store_;
  AccountId account_;
  Side side_;
};

}  // namespace tandem::migration
