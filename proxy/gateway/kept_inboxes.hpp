// KeptInboxes: sessions at mirrors that have nothing to do for a moment. Another copy for the same
// person is then made without a new log-in and without a search of the whole day. One for each
// account and side at the most, ten seconds long, few in all: providers count sessions.
//
// Its io_context's thread only.
#pragma once

#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "lib/base/clock.hpp"
#include "proxy/gateway/journal_record.hpp"
#include "proxy/gateway/mirror_inbox.hpp"

namespace tandem::gateway {

class KeptInboxes {
 public:
  using InboxPtr = std::unique_ptr<MirrorInbox>;

  explicit KeptInboxes(const Clock& clock) : clock_(clock) {}

  // Null: none is kept.
  [[nodiscard]] InboxPtr take(AccountId account, Side side);
  void keep(AccountId account, Side side, InboxPtr inbox);
  // Those whose time is over, or that are too many: the caller takes leave of them.
  [[nodiscard]] std::vector<InboxPtr> overdue();

 private:
  struct Kept {
    InboxPtr inbox;
    SteadyTime since;
  };

  const Clock& clock_;
  std::map<std::pair<AccountId, Side>, Kept> kept_;
};

}  // namespace tandem::gateway
