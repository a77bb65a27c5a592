// After the dot: the obligation is made durable, the message goes out, and what came of it becomes
// one answer.
#include <ranges>
#include <utility>

#include "lib/base/log.hpp"
#include "proxy/gateway/owed.hpp"
#include "proxy/gateway/transaction.hpp"

namespace tandem::gateway {
namespace {

using delivery::Told;
using smtp::make_reply;
using smtp::Reply;

// R13. Once this long has passed since the dot, no further server is begun with: what it would get
// becomes owed, or the sender tries again.
constexpr Duration begins_nothing_after = std::chrono::seconds(240);
// A session that had ended before is found out at once. A server that stalls instead is not waited
// for twice.
constexpr Duration reached_again_within = std::chrono::seconds(10);

}  // namespace

Result<delivery::BodySource> Transaction::body() const {
  if (!stored_) return delivery::BodySource(body_);
  auto reader = rooms_.store.blobs().open(stored_);
  if (!reader) return fail(reader.error());
  return delivery::BodySource(std::move(*reader));
}

// The sender's own server comes first, and if it refuses nobody gets the message: what he is told
// is then true for all, and nothing for other domains ever becomes ours, whose log-in we do not
// have.
Task<std::vector<Finding>> Transaction::hand_over(std::string received) {
  const SteadyTime began = rooms_.clock.steady();
  std::vector<Finding> findings;
  std::optional<Reply> stopped;  // its refusal
  for (auto& leg : legs_) {
    if (leg->recipients.empty()) continue;
    std::vector<Told> told(leg->recipients.size());
    for (auto& one : told)
      one.reply = stopped.value_or(
          make_reply(451, "4.4.1", "The mailbox's server was not reached in time"));
    const bool in_time = !stopped && rooms_.clock.steady() - began < begins_nothing_after;
    if (in_time) told = co_await deliver_at(*leg, received);
    if (leg->outside && told.front().kind != Told::Kind::accepted) stopped = told.front().reply;
    for (auto& one : told) findings.push_back({.told = std::move(one)});
  }
  add_spooled(findings, stopped);
  co_return findings;
}

// A server may have ended the session before the dot: it does not wait for ever while a slow sender
// sends. It certainly has nothing, so the message goes over a new connection, once (R10).
Task<std::vector<Told>> Transaction::deliver_at(Leg& leg, std::string received) {
  std::vector<Told> told(leg.recipients.size(), {Told::Kind::unsent, local_trouble()});
  auto source = body();
  if (!source) co_return told;
  const SteadyTime began = rooms_.clock.steady();
  told = co_await leg.server->deliver(received, std::move(*source));
  if (leg.outside || told.front().kind != Told::Kind::unsent) co_return told;
  if (rooms_.clock.steady() - began > reached_again_within) co_return told;
  const bool reached = co_await reach_again(leg);
  auto again = body();
  if (reached && again) told = co_await leg.server->deliver(received, std::move(*again));
  co_return told;
}

// False: some recipient is not taken any more, or the server is away.
Task<bool> Transaction::reach_again(Leg& leg) {
  co_await leg.server->finish();
  const Recipient& first = leg.recipients.front();
  smtp::RcptCommand opening{first.address, first.notify, first.orcpt};
  auto server = co_await open_server(leg.endpoint, first, std::move(opening));
  if (!server) co_return false;
  leg.server.emplace(std::move(*server));
  if (!leg.server->first().positive()) co_return false;
  for (const Recipient& one : leg.recipients | std::views::drop(1)) {
    smtp::RcptCommand command{one.address, one.notify, one.orcpt};
    const auto reply = co_await leg.server->ask(std::move(command));
    if (!reply || !reply->positive()) co_return false;
  }
  co_return true;
}

// R12: ours from the beginning.
void Transaction::add_spooled(std::vector<Finding>& findings,
                              const std::optional<Reply>& stopped) const {
  for (std::size_t i = 0; i < spooled_.size(); ++i) {
    Told told{Told::Kind::unsent,
              stopped.value_or(make_reply(451, "4.4.1", "The mailbox's server is away"))};
    findings.push_back({.told = std::move(told), .ours = !stopped});
  }
}

// R13: where the mailbox can be searched the doubt is ours, and may end at once.
Task<void> Transaction::look_for_silent(std::vector<Finding>& findings,
                                        std::vector<RecipientRecord> records) {
  for (std::size_t i = 0; i < findings.size(); ++i) {
    if (findings[i].told.kind != Told::Kind::silent) continue;
    const auto there = co_await rooms_.doubts.is_at_home(records[i]);
    if (!there) continue;
    findings[i].ours = true;
    if (*there) findings[i].told.kind = Told::Kind::accepted;
  }
}

Task<Reply> Transaction::deliver_stored(MessageRecord message) {
  auto records = recipient_records();
  const auto stored = co_await rooms_.journal.begin(message, records, std::move(body_));
  if (!stored) {
    log::error("E-GATE-4", "the journal failed: {}", stored.error().to_string());
    co_return local_trouble();
  }
  stored_ = *stored;
  message.blob = stored_;
  auto findings = co_await hand_over(message.received);
  co_await look_for_silent(findings, records);
  Verdict verdict = judge(findings, delivered_before_, trace_);
  co_return co_await record(std::move(message), std::move(verdict), std::move(findings),
                            std::move(records));
}

Task<Reply> Transaction::record(MessageRecord message, Verdict verdict,
                                std::vector<Finding> findings,
                                std::vector<RecipientRecord> records) {
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < findings.size(); ++i) {
    Outcome& outcome = outcomes.emplace_back();
    outcome.recipient = records[i].recipient;
    outcome.state = verdict.states[i];
    outcome.words = findings[i].told.reply.to_string();
    outcome.notify = records[i].notify;
    outcome.orcpt = records[i].orcpt;
    // What is owed waits for its next attempt; the mirror copy of the others is due at once.
    outcome.due = outcome.state == HomeState::owed ? rooms_.owed.first_attempt(at_) : at_;
  }
  if (verdict.promised) note_promises(records);
  auto reports = rooms_.owed.report(message, outcomes);
  const auto recorded =
      co_await rooms_.journal.home_answered(trace_, std::move(outcomes), std::move(reports));
  if (!recorded) {
    log::error("E-GATE-7", "{}: what the home side said was not recorded: {}", trace_,
               recorded.error().to_string());
    // What is delivered is found at home when it is sent again; what is owed must be on the disk.
    if (verdict.owes()) co_return local_trouble();
  }
  rooms_.mirror.notify();
  rooms_.owed.notify();
  tell();
  co_return verdict.answer;
}

void Transaction::note_promises(const std::vector<RecipientRecord>& records) {
  for (const auto& one : records) promises_.push_back({trace_, one.replay});
}

Task<Reply> Transaction::deliver_passing(MessageRecord message) {
  auto records = recipient_records();
  rooms_.journal.passing(records);
  auto findings = co_await hand_over(message.received);
  co_await look_for_silent(findings, records);
  for (auto& finding : findings) finding.ours = false;  // nothing is stored
  const Verdict verdict = judge_passing(findings, trace_);
  for (std::size_t i = 0; i < records.size(); ++i) {
    records[i].home_state = verdict.states[i];
    records[i].words = findings[i].told.reply.to_string();
  }
  if (verdict.promised) note_promises(records);
  rooms_.journal.note(std::move(message), std::move(records));
  tell();
  co_return verdict.answer;
}

}  // namespace tandem::gateway
