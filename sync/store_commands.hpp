// StoreCommands: flag changes of one open folder; those of the same kind are one STORE.
#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "lib/net/imap_client.hpp"
#include "migration/account.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

// What a server refused of them, by UID.
struct Unstored {
  std::map<Uid, Flags> added, removed;
  void note(const imap::SequenceSet& uids, imap::command::StoreAction action,
            const std::string& flag);
  // What the message has instead of these flags.
  [[nodiscard]] Flags correct(Uid uid, const Flags& wanted) const;
};

// Of the folder that the client has open. One that is open for reading only keeps nothing; Gmail
// takes a message out of the folder as soon as it gets \Deleted (its setting Auto-Expunge, which is
// on unless its owner says otherwise).
[[nodiscard]] Storable storable_in(const net::ImapClient& client);

class StoreCommands {
 public:
  void add(Uid uid, const Flags& add, const Flags& remove);
  // From the flags that the message has to those given, as far as they differ and the folder keeps
  // them.
  void change(const Item& message, const Flags& now, const Storable& storable);
  // In the folder that the client has open. What the server refuses is tried flag by flag, logged
  // and left as it is; an error is the connection's.
  net::Task<Result<Unstored>> run(net::ImapClient& client, migration::AccountId account) const;

 private:
  struct Kind {
    imap::command::StoreAction action;
    std::vector<std::string> flags;
    auto operator<=>(const Kind&) const = default;
  };
  std::map<Kind, imap::SequenceSet> kinds_;
};

}  // namespace tandem::sync
