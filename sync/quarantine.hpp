// Quarantine: on one side, messages into the quarantine folder, out of it again, and away for good.
//
// Each way in three steps: what is to go is looked at (the UIDVALIDITY is the recorded one, and the
// message at that UID is the one meant, by its identity); that it may be under way is made durable;
// then the command is given, and where the messages are now is written. recover() finishes what a
// crash or a lost connection left after the second step: it looks where they are.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "migration/deletion_reasons.hpp"
#include "sync/context.hpp"
#include "sync/folders.hpp"
#include "sync/move.hpp"

namespace tandem::sync {

class Quarantine {
 public:
  // `client` is logged in on `side`, whose folders are named as `naming` says.
  Quarantine(Context& context, AccountId account, net::ImapClient& client, Side side,
             const Naming& naming);

  // Before anything else is done on this side.
  Task<Result<void>> recover();
  // Of one folder, in state wanted: into quarantine. What is not there as it was noted, or cannot
  // be moved on that server, is left alone. How many went.
  Task<Result<std::uint64_t>> take(std::string folder_name, std::vector<Deletion> wanted);
  // In state quarantined: back to their folders. How many went.
  Task<Result<std::uint64_t>> give_back(std::vector<Deletion> deletions);
  // In state quarantined: away for good. How many went.
  Task<Result<std::uint64_t>> expunge(std::vector<Deletion> deletions);

 private:
  struct Place {
    std::string name;
    std::uint32_t validity = 0;  // 0: there is no such folder
    Uid next = 0;
  };
  Task<Result<Place>> look_up(std::string name, bool make);
  Task<Result<std::vector<Item>>> looked_at(std::vector<Uid> uids);
  Task<Result<std::vector<Deletion>>> recognise(std::string folder, std::vector<Deletion> meant);
  Task<Result<std::uint64_t>> travel(std::string from, std::string to, std::vector<Deletion> all);
  Task<Result<std::uint64_t>> arrive(std::string from, std::string to, std::vector<Deletion> all,
                                     std::map<Uid, Uid> known);
  Task<Result<std::set<Uid>>> still_there(std::string folder, const std::vector<Deletion>& all);
  Task<Result<std::vector<Item>>> newcomers(std::string folder, const std::vector<Deletion>& all);
  void settle_by_identity(const std::vector<Deletion>& all, const std::vector<Item>& items,
                          const std::set<Uid>& there, std::map<Uid, Uid>& known) const;
  bool conclude(Deletion& one, const std::set<Uid>& there, const std::map<Uid, Uid>& known) const;
  Task<Result<void>> find_again(std::vector<Deletion>& all);
  Task<Result<std::uint64_t>> write_expunged(std::vector<Deletion> all);
  [[nodiscard]] Result<std::set<Uid>> known_in(const Deletion& trip) const;
  [[nodiscard]] std::string name_now(const Deletion& one) const;
  void leave_alone(Deletion& one, const migration::DeletionReason& why) const;

  Context& context_;
  AccountId account_;
  net::ImapClient& client_;
  Side side_;
  std::string quarantine_;  // the folder's name
};

}  // namespace tandem::sync
