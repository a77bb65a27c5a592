// Outbound: the server that sends on what goes to other domains, for a sender whom we know: a
// person who has logged in (SenderHome), or a machine that may relay (RelayServer). Nobody else's
// mail for other domains is taken (T-34).
//
// The thread of the sender's connection.
#pragma once

#include <expected>
#include <string>

#include "lib/delivery/handover.hpp"
#include "migration/account.hpp"

namespace tandem::gateway {

using migration::Side;
using net::Task;

class Outbound : public delivery::UpstreamOwner {
 public:
  // MAIL there; its refusal is the answer. `reached` false: it cannot be spoken to.
  using Begun = std::expected<delivery::Handover, delivery::Handover::Refusal>;
  virtual Task<Begun> begin(smtp::MailCommand mail) = 0;
  // Says goodbye there, between two transactions.
  virtual Task<void> quit() = 0;

  [[nodiscard]] virtual const net::Endpoint& endpoint() const = 0;
  [[nodiscard]] virtual const std::string& migration() const = 0;
  [[nodiscard]] virtual Side side() const = 0;  // whose server it is
  // The person whose session it is: it decides from which addresses he may send. Null: that is
  // decided already.
  [[nodiscard]] virtual const std::string* person() const = 0;
};

}  // namespace tandem::gateway
