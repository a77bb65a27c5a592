// R11: a message whose answer its sender has not provably seen comes again, byte for byte. What was
// delivered, or is ours to deliver, is not delivered twice; what is in doubt is looked for in the
// mailbox (R10, R13).
#include <utility>

#include "lib/base/log.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {

using smtp::make_reply;
using smtp::Reply;

Reply Transaction::still_on_its_way() {
  return make_reply(451, "4.4.2", "An earlier copy is still on its way, try again later");
}

Task<Transaction::Earlier> Transaction::look_back(Recipient recipient) {
  const WallTime now = rooms_.clock.wall();
  const auto found =
      rooms_.journal.unseen(replay_of(recipient), now - rooms_.options.replay_memory);
  if (!found || !*found) co_return Earlier::none;
  const RecipientRecord earlier = **found;
  if (earlier.home_state == HomeState::sent) {
    const auto settled = co_await rooms_.doubts.settle(earlier);
    if (settled == Doubts::Found::open) co_return Earlier::in_doubt;
    if (settled == Doubts::Found::absent) co_return Earlier::none;
    rooms_.mirror.notify();
  }
  promises_.push_back({earlier.trace, earlier.replay});
  co_return Earlier::delivered;
}

Task<std::optional<Reply>> Transaction::recognise_replay() {
  std::vector<Recipient> left;
  std::size_t count = 0;
  for (const Recipient* recipient : recipients()) {
    const Earlier earlier = co_await look_back(*recipient);
    if (earlier == Earlier::in_doubt) co_return still_on_its_way();
    if (earlier == Earlier::none) left.push_back(*recipient);
    ++count;
  }
  if (left.size() == count) co_return std::nullopt;
  log::info("I-GATE-6", "a message came again: {} of {} recipients have it already",
            count - left.size(), count);
  if (left.empty())
    co_return make_reply(250, "2.0.0", "Ok " + promises_.front().trace + ", as before");
  delivered_before_ = true;
  co_return co_await ask_again(std::move(left));
}

// The home sides have open transactions with all recipients; they are begun anew with those left.
Task<std::optional<Reply>> Transaction::ask_again(std::vector<Recipient> left) {
  co_await abandon();
  for (auto& recipient : left) {
    const Reply reply = co_await place(std::move(recipient));
    if (!reply.positive())
      co_return make_reply(451, "4.4.2", "The mailbox's server changed its mind, try again later");
  }
  co_return std::nullopt;
}

}  // namespace tandem::gateway
