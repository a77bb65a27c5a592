// Census: which client programs people use, as their log-ins tell: what an old program would lose
// is seen before the old contract ends. In memory, the last 16 programs of each account.
// Any thread.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "proxy/session/session_proxy.hpp"

namespace tandem::session {

class Census {
 public:
  // Counts one log-in; `log_ins` is ignored.
  void saw(ClientSeen client);
  [[nodiscard]] std::vector<ClientSeen> all() const;

 private:
  mutable std::mutex mutex_;
  std::map<migration::AccountId, std::vector<ClientSeen>> clients_;
};

}  // namespace tandem::session
