// Lanes: further pairs of connections to both sides of one account, for copying several of its
// folders at a time. Each takes one of the slots that accounts are copied in, while nobody waits
// for one: a large account that is alone gets them all, and many accounts get one each. The
// executor's thread.
#pragma once

#include <memory>

#include "lib/net/sync.hpp"
#include "sync/clients.hpp"
#include "sync/sync.hpp"

namespace tandem::sync {

struct Lane {
  net::Semaphore::Permit slot;
  Clients clients;
};

class Lanes {
 public:
  Lanes(Sync::State& state, migration::Account account, const config::MigrationSettings& migration);
  // How many could be opened now. Of the connections that a provider lets one account have
  // (connection_limit) half are left to its owner, whose programs come from this address too.
  [[nodiscard]] std::size_t free() const;
  // Others wait for a slot: a lane ends with the folder it has.
  [[nodiscard]] bool are_wanted() const;
  // Null: no slot is free, or a side lets no more in. That is no fault: there is one pair already.
  [[nodiscard]] Task<std::unique_ptr<Lane>> open();

 private:
  Sync::State& state_;
  migration::Account account_;
  const config::MigrationSettings& migration_;
  std::size_t most_;
  bool refused_ = false;  // once is enough
};

}  // namespace tandem::sync
