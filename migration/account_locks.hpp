// AccountLocks: whoever looks for a message in an account's mailbox and then appends it there (a
// batch of the sync, the gateway's mirror copy) holds the account's lock from the look to the end
// of the append. Without it two of them could both look, both find nothing and both append (I2).
#pragma once

#include "lib/net/keyed_lock.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

class AccountLocks {
 public:
  using Guard = net::KeyedLock::Guard;
  [[nodiscard]] net::Task<Guard> lock(AccountId account) { return locks_.lock(account); }

 private:
  net::KeyedLock locks_;
};

}  // namespace tandem::migration
