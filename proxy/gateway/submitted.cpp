// What a logged-in person sends (`submission = gateway`), or a machine that may relay. The person's
// own server has the first word: it is asked whether he may send from that address. What goes to
// other domains is the outbound server's to send on; recipients of ours get it where they live, by
// the rules for any message.
#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {

using smtp::make_reply;
using smtp::Reply;

Task<Reply> Transaction::mail() {
  if (outbound_ != nullptr && outbound_->person() != nullptr) {
    const auto leg = co_await leg_outside();
    if (!leg && !leg.error().reached)
      co_return make_reply(421, "4.4.2",
                           "The session at your mailbox's server is over, log in again");
    if (!leg) co_return leg.error().reply;
  }
  co_return make_reply(250, "2.1.0", "Ok");
}

// Always the first of the legs: see hand_over().
Task<std::expected<Transaction::Leg*, Transaction::Refusal>> Transaction::leg_outside() {
  if (!legs_.empty() && legs_.front()->outside) co_return legs_.front().get();
  auto server = co_await outbound_->begin(mail_);
  if (!server) co_return std::unexpected(server.error());
  auto leg = std::make_unique<Leg>();
  leg->endpoint = outbound_->endpoint();
  leg->origin = migration::origin_of(outbound_->side());
  leg->outside = true;
  leg->server.emplace(std::move(*server));
  legs_.insert(legs_.begin(), std::move(leg));
  co_return legs_.front().get();
}

// Many servers decide on the sender only when they hear of a recipient (Postfix's
// smtpd_delay_reject), and of recipients of ours this one hears nothing. So it is asked for one
// that it certainly knows, the person himself; without a message. Who sends as himself is not
// asked about.
Task<Reply> Transaction::may_send() {
  if (sender_verdict_) co_return *sender_verdict_;
  const Reply yes = make_reply(250, "2.1.0", "Ok");
  const std::string* himself = outbound_->person();
  if (himself == nullptr || iequals(mail_.from, *himself)) co_return yes;
  const auto leg = co_await leg_outside();
  if (!leg) co_return leg.error().reply;
  if (!(*leg)->recipients.empty()) co_return yes;  // it has taken one from this sender
  smtp::RcptCommand command{.to = *himself};
  const auto reply = co_await (*leg)->server->ask(std::move(command));
  co_await (*leg)->server->finish();
  legs_.erase(legs_.begin());
  if (!reply) co_return reply.error().reply;
  sender_verdict_ = *reply;
  co_return *reply;
}

Task<Reply> Transaction::rcpt_outside(smtp::RcptCommand command) {
  if (is_named(command.to)) co_return make_reply(250, "2.1.5", "Ok, as before");
  migration::Route route{.migration = outbound_->migration(),
                         .address = std::move(command.to),
                         .home = outbound_->side()};
  Recipient recipient{std::move(route), Instead::outside, std::move(command.notify),
                      std::move(command.orcpt)};
  co_return co_await place(std::move(recipient));
}

}  // namespace tandem::gateway
