// Doubts: what was sent and never answered. Each is looked for in its recipient's mailbox (R10,
// R13): there, it has arrived; not there and older than gateway.in_doubt, it has not. Where the
// mailbox cannot be searched, that time decides alone: a duplicate is preferred to a loss, and
// marked.
//
// is_at_home() and the like on any io thread; settle_all() on one.
#pragma once

#include <map>
#include <optional>

#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "proxy/gateway/fence.hpp"
#include "proxy/gateway/journal.hpp"

namespace tandem::gateway {

class Doubts {
 public:
  Doubts(Journal& journal, const migration::Registry& registry, const migration::SideAccess& access,
         const Fence& fence, const migration::EventBus& events, const Clock& clock)
      : journal_(journal),
        registry_(registry),
        access_(access),
        fence_(fence),
        events_(events),
        clock_(clock) {}

  // Looks for a message at its recipient's home. Error: the mailbox could not be searched.
  Task<Result<bool>> is_at_home(RecipientRecord recipient) const;
  // Whether a message that was not answered may still be on its way (gateway.in_doubt).
  [[nodiscard]] bool may_be_on_its_way(const RecipientRecord& recipient) const;

  enum class Found : std::uint8_t { arrived, absent, open };
  // Looks, and where that ends the doubt, says so in the journal.
  Task<Found> settle(RecipientRecord recipient);
  // Every doubt whose turn it is: at once, then ever more rarely, a minute apart at last.
  Task<void> settle_all();

 private:
  struct Look {
    WallTime next{};
    Duration pause = std::chrono::seconds(2);
  };
  [[nodiscard]] bool is_due(const RecipientRecord& recipient);

  Journal& journal_;
  const migration::Registry& registry_;
  const migration::SideAccess& access_;
  const Fence& fence_;
  const migration::EventBus& events_;
  const Clock& clock_;
  std::map<std::int64_t, Look> looks_;  // by row
};

}  // namespace tandem::gateway
