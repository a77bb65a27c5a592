#include "proxy/gateway/kept_inboxes.hpp"

#include <iterator>

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;

constexpr Duration idle = 10s;
constexpr std::size_t at_most = 64;

}  // namespace

KeptInboxes::InboxPtr KeptInboxes::take(AccountId account, Side side) {
  auto found = kept_.extract({account, side});
  return found ? std::move(found.mapped().inbox) : nullptr;
}

void KeptInboxes::keep(AccountId account, Side side, InboxPtr inbox) {
  kept_[{account, side}] = Kept{std::move(inbox), clock_.steady()};
}

std::vector<KeptInboxes::InboxPtr> KeptInboxes::overdue() {
  std::vector<InboxPtr> over;
  for (auto one = kept_.begin(); one != kept_.end();) {
    const auto next = std::next(one);
    const bool late = clock_.steady() - one->second.since >= idle;
    if (late || kept_.size() > at_most)
      over.push_back(std::move(kept_.extract(one).mapped().inbox));
    one = next;
  }
  return over;
}

}  // namespace tandem::gateway
