// Census: which client programs people use, as their log-ins tell: who has not come through us yet,
// and whom an old program would leave behind, is seen before the old contract ends.
//
// A log-in only touches memory; what changed is written by run(), all in one commit a minute and at
// the end. A crash costs the last minute. Bounds: 16 programs of each account, and 4 that could not
// log in (strangers can make such, and shall push nobody out); 90 days after its last log-in a
// program is forgotten. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "lib/net/task_group.hpp"
#include "migration/clients.hpp"

namespace tandem::store {
class Store;
}

namespace tandem::session {

using migration::ClientSeen;
using net::Task;

class Census {
 public:
  // Its table, as a step of the room's schema.
  [[nodiscard]] static std::string schema_step();

  // Reads what is known. Both outlive it.
  Census(store::Store& ledger, const Clock& clock);

  // Counts one log-in at last_seen; `log_ins` and `first_seen` are ignored.
  void saw(ClientSeen client);
  [[nodiscard]] std::vector<ClientSeen> all() const;
  // Writes what changed until the group is asked to stop, and then once more.
  Task<void> run(net::TaskGroup& group);

 private:
  using Programs = std::vector<ClientSeen>;
  void read();
  void forget_old();
  [[nodiscard]] std::map<migration::AccountId, Programs> take_changed();
  Task<void> write();

  store::Store& ledger_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  std::map<migration::AccountId, Programs> clients_;
  std::set<migration::AccountId> changed_;
};

}  // namespace tandem::session
