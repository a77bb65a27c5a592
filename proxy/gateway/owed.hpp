// Owed: delivers what the gateway answered 250 for and the home side has not got (R6, R12). Each
// attempt routes afresh: the reader may have been moved since. Bytes go out only after the journal
// says so (owed_sent), and what is then not answered is a doubt like any other (doubts.hpp). After
// gateway.tell_delay_after the sender hears once that it is late; after gateway.give_up_after, or a
// final refusal, that it failed; where that cannot be, the message is quarantined until a person
// decides.
//
// One io_context; notify(), first_attempt() and report() from any thread.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/migration_settings.hpp"
#include "lib/delivery/handover.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "proxy/gateway/report.hpp"
#include "proxy/gateway/rooms.hpp"

namespace tandem::gateway {

class Owed {
 public:
  Owed(net::Executor executor, Rooms& rooms, const net::Connector& connector, Reporter reporter)
      : rooms_(rooms),
        connector_(connector),
        reporter_(std::move(reporter)),
        news_(std::move(executor)) {}

  // Until `group` is asked to stop; attempts under way are finished.
  Task<void> run(net::TaskGroup& group);
  // There may be something to do.
  void notify() const { news_.notify(); }

  [[nodiscard]] WallTime first_attempt(WallTime now) const;
  // For outcomes that are `returned`: the reports to the sender. Where there can be none they
  // become `quarantined`, and an alarm is logged.
  [[nodiscard]] std::vector<ReportMail> report(const MessageRecord& message,
                                               std::vector<Outcome>& outcomes) const;

 private:
  using Batch = std::vector<Pending>;  // of one message

  Task<void> work_off(net::TaskGroup& group);
  Task<void> attempt_all(Batch batch);
  Task<void> attempt(Pending owed);
  Task<void> attempt_home(Pending owed, migration::Route route);
  // A report to a sender out in the world (RFC 5321 5.1).
  Task<void> attempt_outside(Pending owed);
  // False: the server could not be reached and nothing is recorded: another may be tried.
  Task<bool> attempt_at(net::Endpoint endpoint, Pending owed, bool last,
                        std::optional<smtp::ClientIdentity> client = {});
  Task<void> send(delivery::Handover server, Pending owed);
  Task<void> ended(Pending owed, delivery::Told told);
  // The sender is told, unless that would be a stranger.
  [[nodiscard]] Result<ReportMail> write_report(const MessageRecord& message,
                                                const std::vector<Outcome>& outcomes) const;
  [[nodiscard]] std::optional<ReportMail> report_delay(const Pending& owed, Outcome outcome) const;
  [[nodiscard]] config::GatewaySettings settings_of(const Pending& owed) const;
  [[nodiscard]] bool is_over(const Pending& owed) const;
  [[nodiscard]] bool is_final(const Pending& owed, const delivery::Told& told) const;

  Rooms& rooms_;
  const net::Connector& connector_;
  Reporter reporter_;
  net::RemoteNotifier news_;
  std::set<std::string> busy_;  // traces
};

}  // namespace tandem::gateway
