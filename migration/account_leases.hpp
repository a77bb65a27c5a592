// AccountLeases: which process works on an account's mailboxes, of all that use one data folder
// (the server, and `load` beside it). Who copies into them, or compares them, holds the account's
// lease from before the first look to the end of the work; what goes on within one process is
// ordered there (AccountLocks, the sync's own turns), so within a process a lease is shared.
//
// A file with 64 bytes for each account: its first byte is locked (fcntl, by open file
// description), and it says who holds it, for people. The kernel lets go when a process ends, in
// whatever way: no lease outlives its holder, and none expires. Who gives it back says so in the
// file: the next one is told of work that broke off, since a server may still be busy with what it
// got. Taking and giving back are five system calls; nothing is flushed.
//
// Threads: any. Known limit: processes of one machine, as for the ledger itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/result.hpp"
#include "lib/store/file.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

struct LeaseHolder {
  std::uint64_t pid = 0;  // 0: not known
  std::string command;    // "load", "serve"
  // "tandemail load (PID 1234)"
  [[nodiscard]] std::string name() const;
};

// How the work of the one before ended.
enum class LeaseBefore : std::uint8_t { ended, broke_off, other_command_broke_off };

class AccountLeases {
 public:
  // Held until it goes. It must not outlive the leases.
  class Lease {
   public:
    Lease() = default;
    Lease(AccountLeases& owner, AccountId account, LeaseBefore before)
        : owner_(&owner), account_(account), before_(before) {}
    Lease(Lease&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)),
          account_(other.account_),
          before_(other.before_) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { let_go(); }
    // `ended`: false if the work broke off.
    void let_go(bool ended = true);
    [[nodiscard]] LeaseBefore before() const { return before_; }

   private:
    AccountLeases* owner_ = nullptr;
    AccountId account_ = 0;
    LeaseBefore before_ = LeaseBefore::ended;
  };

  // For a process whose ledger nobody else can have (in memory): all are granted.
  AccountLeases() = default;
  AccountLeases(const AccountLeases&) = delete;
  AccountLeases& operator=(const AccountLeases&) = delete;

  // The file of leases below the data folder.
  [[nodiscard]] static std::string path_in(const std::string& data);
  // `command`: as what others name us. Whoever has the ledger makes the file where it is missing;
  // beside it nobody does. Errors: not_found (there is none), storage.
  [[nodiscard]] static Result<std::unique_ptr<AccountLeases>> open(const std::string& path,
                                                                   std::string command, bool make);

  // Does not wait. Errors: conflict, temporary (another process has it; says which), storage.
  [[nodiscard]] Result<Lease> take(AccountId account);
  // The other process that has it; nothing: none. Costs one system call.
  [[nodiscard]] std::optional<LeaseHolder> holder(AccountId account) const;

 private:
  [[nodiscard]] Result<LeaseBefore> lock(AccountId account);
  [[nodiscard]] LeaseHolder noted_at(AccountId account) const;
  void give_back(AccountId account, bool ended);

  store::File file_;  // not open: nobody else is there
  std::string command_;
  std::string note_, last_note_;  // while it is held, and behind it
  std::mutex mutex_;
  std::map<AccountId, std::size_t> held_;  // by this process: how often
};

// What people are told of an account that another process works on. `next_step`: of what goes on by
// itself, and of what has to be asked for again.
[[nodiscard]] std::string in_use_by(const LeaseHolder& holder);
[[nodiscard]] std::string goes_on_after(const LeaseHolder& holder);
[[nodiscard]] std::string try_again_after(const LeaseHolder& holder);
// The Japanese of such a next step; empty: it is another one.
[[nodiscard]] std::string lease_step_in_japanese(std::string_view next_step);

}  // namespace tandem::migration
