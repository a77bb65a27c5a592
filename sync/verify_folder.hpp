// One folder of a verification: both sides are read again and compared by multisets of digests.
// Changes nothing. Of each message 32 bytes are held: mailboxes of a million are compared too.
#pragma once

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "lib/net/imap_client.hpp"
#include "migration/verify.hpp"
#include "sync/folders.hpp"
#include "sync/ledger.hpp"
#include "sync/message.hpp"
#include "sync/verify_left.hpp"
#include "sync/verify_sample.hpp"

namespace tandem::sync {

using net::Task;

class FolderVerify {
 public:
  struct Sides {
    net::ImapClient& home;
    net::ImapClient& mirror;
    Side home_side;
    bool mirror_takes_mail;  // else nothing is copied to it, and nothing missing there
  };
  struct How {
    bool full = false;     // whole messages are read, not their headers and a sample
    std::string our_name;  // whose trace fields are left out
  };
  // `sample`, `draw`: how much of a sample may be read whole, and chance.
  FolderVerify(Sides sides, How how, SampleBudget& sample, std::mt19937_64& draw);

  // Adds the folder's verdict and its differences to `report`. `row`: what the ledger knows of it;
  // may be null. Errors: those of SELECT, FETCH and the ledger.
  [[nodiscard]] Task<Result<void>> run(FolderPair pair, const Ledger& ledger, const FolderRow* row,
                                       migration::VerifyReport& report) const;

 private:
  // What is known of the folder while it is compared.
  struct Seen {
    std::uint32_t home_validity = 0, mirror_validity = 0;
    LeftOver left;
    std::vector<std::pair<Witness, Witness>> changed;  // home, mirror
    std::uint64_t whole = 0;                           // read whole, at home
  };
  [[nodiscard]] Task<Result<std::vector<Witness>>> read(net::ImapClient& client, std::string name,
                                                        std::vector<Uid> excused) const;
  [[nodiscard]] Task<Result<void>> look(net::ImapClient& client, std::vector<Item>& items) const;

  // What of the rest is the same all the same, and what belongs together though it is not
  // (verify_changed.cpp).
  [[nodiscard]] Task<Result<std::vector<Item>>> look_again(net::ImapClient& client,
                                                           const std::vector<Witness>& some) const;
  [[nodiscard]] Task<Result<void>> look_closer(Seen& seen, const Ledger& ledger,
                                               const FolderRow* row) const;
  [[nodiscard]] Task<Result<std::vector<Witness>>> read_whole(net::ImapClient& client,
                                                              std::vector<Item> items) const;
  [[nodiscard]] Task<Result<void>> read_sample(Seen& seen, std::vector<Alike> chosen,
                                               SampleRoom room) const;

  // Names them in `to`, which is to hold no more than `most`.
  struct ToName {
    migration::DifferenceKind kind;
    Witness found;
    Uid other = 0;
  };
  [[nodiscard]] Task<Result<void>> name(net::ImapClient& client, std::vector<ToName> some,
                                        std::string folder, std::vector<migration::Difference>& to,
                                        std::size_t most) const;
  [[nodiscard]] Task<Result<void>> name_all(Seen seen, FolderPair pair,
                                            migration::FolderVerdict& verdict,
                                            migration::VerifyReport& report) const;

  Sides sides_;
  bool full_;
  SampleBudget& sample_;
  std::mt19937_64& draw_;
  mail::DigestOptions digest_;
};

}  // namespace tandem::sync
