// DeskSession: a person's submission after his log-in, where the SubmissionDesk takes his mail
// instead of the server of his side. The conversation that his log-in began goes on, with the desk
// as its policy.
//
// A kick ends it between two messages, with 421; a cut ends the person's connection at once, and
// what is past its dot by then is still answered for by the desk.
//
// One io thread. The client's stream must outlive run().
#pragma once

#include <memory>

#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"
#include "lib/protocol/smtp/server_machine.hpp"
#include "migration/submission_desk.hpp"
#include "proxy/session/roster.hpp"

namespace tandem::session {

class DeskSession final : public Endable {
 public:
  DeskSession(net::Stream& client, Roster::Place place, net::Executor executor);
  ~DeskSession() override;

  // `group`'s request_stop kicks.
  [[nodiscard]] Task<void> run(std::unique_ptr<smtp::ServerMachine> conversation,
                               std::unique_ptr<net::SmtpPolicy> policy, net::TaskGroup& group);

  void kick() override { stop_.request_stop(); }
  void cut() override { client_.close(); }

 private:
  net::Stream& client_;
  Roster::Place place_;  // left before the goodbye: a drain waits for no slow client
  const std::shared_ptr<Guest> guest_;
  net::TaskGroup stop_;  // has no children: it only tells the conversation
};

}  // namespace tandem::session
