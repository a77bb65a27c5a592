// R11: a message whose answer its sender has not provably seen comes again, byte for byte. What was
// delivered is not delivered twice; what is in doubt is looked for in the mailbox (R10, R13).
#include <utility>

#include "lib/base/log.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {

using smtp::make_reply;
using smtp::Reply;

Task<Transaction::Earlier> Transaction::look_back(const Recipient& recipient) {
  const WallTime now = rooms_.clock.wall();
  const auto found =
      rooms_.journal.unseen(replay_of(recipient), now - rooms_.options.replay_memory);
  if (!found || !*found) co_return Earlier::none;
  const RecipientRecord earlier = **found;
  if (earlier.home_state == HomeState::accepted) {
    answered_ = earlier.trace;
    co_return Earlier::delivered;
  }
  if (rooms_.fence.is_under_way(earlier.trace)) co_return Earlier::in_doubt;
  const auto at_home = co_await rooms_.mirror.is_at_home(earlier, earlier.at);
  if (at_home && *at_home) {
    const auto settled = co_await rooms_.journal.resolve(earlier.trace, HomeState::accepted);
    if (!settled) co_return Earlier::in_doubt;
    rooms_.mirror.notify();
    answered_ = earlier.trace;
    co_return Earlier::delivered;
  }
  // Not there yet is not proof while it may still be on its way (R10).
  if (rooms_.mirror.may_be_on_its_way(earlier)) co_return Earlier::in_doubt;
  const auto settled = co_await rooms_.journal.resolve(earlier.trace, HomeState::not_sent);
  co_return settled ? Earlier::none : Earlier::in_doubt;
}

Task<std::optional<Reply>> Transaction::recognise_replay() {
  std::vector<Recipient> left;
  for (const auto& recipient : recipients_) {
    const Earlier earlier = co_await look_back(recipient);
    if (earlier == Earlier::in_doubt)
      co_return make_reply(451, "4.4.2", "An earlier copy is still on its way, try again later");
    if (earlier == Earlier::none) left.push_back(recipient);
  }
  if (left.size() == recipients_.size()) co_return std::nullopt;
  log::info("I-GATE-6", "a message came again: {} of {} recipients have it already",
            recipients_.size() - left.size(), recipients_.size());
  if (left.empty()) {
    if (home_) co_await home_->finish(true);
    home_.reset();
    co_return make_reply(250, "2.0.0", "Ok " + answered_ + ", as before");
  }
  co_return co_await ask_again(std::move(left));
}

// The home side has an open transaction with all recipients; it is begun anew with those left.
Task<std::optional<Reply>> Transaction::ask_again(std::vector<Recipient> left) {
  const auto endpoint = home_endpoint(left.front().route);
  if (!endpoint) co_return make_reply(451, "4.3.5", "No server is configured for this mailbox");
  co_await home_->finish(true);
  home_.reset();
  recipients_ = std::move(left);
  const auto refusal =
      co_await open_home(*endpoint, migration::origin_of(recipients_.front().route.home));
  if (refusal) co_return refusal;
  for (const auto& recipient : recipients_) {
    const auto reply = co_await ask_home(recipient.command);
    if (!reply || !reply->positive())
      co_return make_reply(451, "4.4.2", "The mailbox's server changed its mind, try again later");
  }
  co_return std::nullopt;
}

}  // namespace tandem::gateway
