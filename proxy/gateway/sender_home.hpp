// SenderHome: the server where a logged-in person lives, in the session that was opened there with
// his log-in (`submission = gateway`). It decides from which addresses he may send, and sends on
// what goes to other domains. When that session is over nobody can begin it anew: the password is
// not kept.
#pragma once

#include <memory>

#include "migration/submission_desk.hpp"
#include "proxy/gateway/outbound.hpp"

namespace tandem::gateway {

class SenderHome final : public Outbound {
 public:
  explicit SenderHome(migration::Submitter submitter) : person_(std::move(submitter)) {}

  Task<Begun> begin(smtp::MailCommand mail) override;
  Task<void> quit() override;
  void give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client,
                 const net::Executor& executor) override;

  [[nodiscard]] const net::Endpoint& endpoint() const override { return person_.endpoint; }
  [[nodiscard]] const std::string& migration() const override { return person_.migration; }
  [[nodiscard]] Side side() const override { return person_.home; }
  [[nodiscard]] const std::string* person() const override { return &person_.address; }

 private:
  migration::Submitter person_;  // its client is null while lent, and when the session is over
};

}  // namespace tandem::gateway
