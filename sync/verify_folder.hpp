// One folder of a verification: both sides are read again and compared by multisets of digests.
// Changes nothing. Of each message 32 bytes are held: mailboxes of a million are compared too.
#pragma once

#include <string>
#include <vector>

#include "lib/net/imap_client.hpp"
#include "migration/verify.hpp"
#include "sync/folders.hpp"
#include "sync/ledger.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

using net::Task;

// A message as a verification remembers it.
struct Witness {
  Identity identity;
  std::int64_t date = 0;  // INTERNALDATE in seconds
  Uid uid = 0;
  bool excused = false;  // known to be impossible over there, or removed there by a person
};

struct LeftOver {
  std::vector<Witness> home, mirror;  // by UID
};

// What has no equal on the other side. Of several equal messages those are left that are excused,
// then those whose date is not over there. Pure.
[[nodiscard]] LeftOver left_over(std::vector<Witness> home, std::vector<Witness> mirror);

class FolderVerify {
 public:
  struct Sides {
    net::ImapClient& home;
    net::ImapClient& mirror;
    Side home_side;
    bool mirror_takes_mail;  // else nothing is copied to it, and nothing missing there
  };
  // `full`: whole messages are read, not their headers. `our_name`: whose trace fields are left
  // out.
  FolderVerify(Sides sides, bool full, std::string our_name);

  // Adds the folder's verdict and its differences to `report`. `row`: what the ledger knows of it;
  // may be null. Errors: those of SELECT, FETCH and the ledger.
  [[nodiscard]] Task<Result<void>> run(FolderPair pair, const Ledger& ledger, const FolderRow* row,
                                       migration::VerifyReport& report) const;

 private:
  [[nodiscard]] Task<Result<std::vector<Witness>>> read(net::ImapClient& client, std::string name,
                                                        std::vector<Uid> excused) const;
  [[nodiscard]] Task<Result<void>> look(net::ImapClient& client, std::vector<Item>& items) const;
  [[nodiscard]] Task<Result<std::vector<Item>>> look_again(net::ImapClient& client,
                                                           const std::vector<Witness>& some) const;
  [[nodiscard]] Task<Result<void>> look_closer(LeftOver& left) const;
  // Names those that are not excused, and says how many they are.
  [[nodiscard]] Task<Result<std::uint64_t>> name(net::ImapClient& client, std::vector<Witness> left,
                                                 std::string folder, Side lacking,
                                                 migration::VerifyReport& report) const;

  Sides sides_;
  bool full_;
  mail::DigestOptions digest_;
};

}  // namespace tandem::sync
