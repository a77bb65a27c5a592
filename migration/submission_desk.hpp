// SubmissionDesk: takes what a logged-in person sends, where that is not simply passed on to the
// server of his side (`submission = gateway`). The session proxy logs him in and hands him over;
// the gateway is the desk; app/ plugs them together.
#pragma once

#include <memory>
#include <string>

#include "lib/net/endpoint.hpp"
#include "lib/net/smtp_client.hpp"
#include "lib/net/smtp_server_driver.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

// A person who has logged in, and the session that was opened for him with it.
struct Submitter {
  AccountId account = 0;
  std::string migration;
  std::string address;                      // his own
  Side home = Side::old_side;               // where `client` is logged in
  net::Endpoint endpoint;                   // of that server
  std::unique_ptr<net::SmtpClient> client;  // between two transactions
  smtp::HeloCommand helo;                   // as his program named itself
};

class SubmissionDesk {
 public:
  virtual ~SubmissionDesk() = default;
  // Decides on what he says from now on, for this one session. The connection `person` and the
  // desk outlive it. On the connection's thread.
  [[nodiscard]] virtual std::unique_ptr<net::SmtpPolicy> receive(Submitter submitter,
                                                                 net::Stream& person) = 0;
};

}  // namespace tandem::migration
