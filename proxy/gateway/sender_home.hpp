// SenderHome: the server where a logged-in person lives, in the session that was opened there with
// his log-in (`submission = gateway`). It decides from which addresses he may send, and sends on
// what goes to other domains. When that session is over nobody can begin it anew: the password is
// not kept.
//
// The thread of the person's connection.
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "lib/delivery/handover.hpp"
#include "migration/submission_desk.hpp"

namespace tandem::gateway {

using net::Task;

class SenderHome final : public delivery::UpstreamOwner {
 public:
  explicit SenderHome(migration::Submitter submitter) : person_(std::move(submitter)) {}

  // MAIL there; its refusal is the answer. `reached` false: the session is over.
  Task<std::expected<delivery::Handover, delivery::Handover::Refusal>> begin(
      smtp::MailCommand mail);

  // Says goodbye there, between two transactions.
  Task<void> quit();

  void give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client) override;

  [[nodiscard]] const migration::Submitter& person() const { return person_; }

 private:
  migration::Submitter person_;  // its client is null while lent, and when the session is over
};

}  // namespace tandem::gateway
