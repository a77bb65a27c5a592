#include "migration/cutover.hpp"

#include <algorithm>
#include <fmt/chrono.h>
#include <fmt/core.h>
#include <utility>

#include "lib/base/log.hpp"

namespace tandem::migration {
namespace {

Error cannot_step(const Account& account, Step step) {
  return {.kind = ErrorKind::conflict,
          .what = fmt::format("{}: '{}' is not possible in phase '{}'", account.address,
                              name_of(step), name_of(account.phase)),
          .next_step = account.phase == Phase::old ? "Start copying this account first." : ""};
}

std::string when_all_is_there(const std::optional<DailyQuota>& waits) {
  if (!waits || !waits->goes_on_at) return "Wait until the account is in sync and try again.";
  return fmt::format(
      "The {} side lets no more through today. Copying goes on at {:%Y-%m-%d %H:%M} UTC: try again "
      "when the account is in sync.",
      name_of(waits->side), std::chrono::ceil<std::chrono::minutes>(*waits->goes_on_at));
}

// Everything the source has must be on the other side, or be recorded as impossible with a reason.
Result<void> compare_counts(const Account& account, const DeltaReport& report) {
  if (report.missing == 0) return {};
  return fail(
      Error{.kind = ErrorKind::conflict,
            .what = fmt::format("{}: {} messages on the {} side, but only {} are on the other",
                                account.address, report.source_messages,
                                name_of(home_of(account.phase)), report.matched),
            .temporary = true,
            .next_step = when_all_is_there(report.waits)});
}

}  // namespace

Cutover::Cutover(Registry& registry, CutoverParts parts, const EventBus& events,
                 CutoverLimits limits)
    : registry_(registry), parts_(parts), events_(events), limits_(limits) {}

bool Cutover::claim(AccountId account) {
  const std::lock_guard lock(mutex_);
  return running_.insert(account).second;
}

void Cutover::unclaim(AccountId account) {
  const std::lock_guard lock(mutex_);
  running_.erase(account);
}

void Cutover::tell(AccountId account, std::string step, bool ok, std::string text) const {
  events_.publish({.kind = Event::Kind::run,
                   .account = account,
                   .step = std::move(step),
                   .ok = ok,
                   .text = std::move(text)});
}

Task<void> Cutover::lift(AccountId account) {
  co_await parts_.transactions.release(account);
  co_await parts_.sessions.release(account);
}

Task<Result<DeltaReport>> Cutover::fence_and_drain(Account account) {
  const Side home = home_of(account.phase);
  tell(account.id, "fence", true, "log-ins are held");
  co_await parts_.sessions.hold(account.id, limits_.hold);
  tell(account.id, "drain", true, "mail and sessions under way finish");
  const bool quiet = co_await parts_.transactions.hold_and_drain(account.id, limits_.transactions);
  if (!quiet)
    log::warning("W-CUT-1", "{}: a message was still under way; its sender will try again",
                 account.address);
  const std::size_t ended = co_await parts_.sessions.drain(account.id, limits_.sessions);
  tell(account.id, "drain", true, fmt::format("{} sessions ended", ended));
  auto report = co_await parts_.delta.run_delta(account.id, home);
  if (!report) co_return report;
  const auto equal = compare_counts(account, *report);
  if (!equal) co_return fail(equal.error());
  co_return report;
}

Task<Result<DeltaReport>> Cutover::run_claimed(Account account, Step step, std::string who) {
  tell(account.id, "prepare", true, "the last changes are copied");
  const auto first = co_await parts_.delta.run_delta(account.id, home_of(account.phase));
  if (!first) co_return fail(first.error());

  auto report = co_await fence_and_drain(account);
  if (!report) {
    co_await lift(account.id);
    co_return fail(report.error());
  }
  const auto moved = co_await registry_.take_step(account.id, step, account.epoch, std::move(who));
  co_await lift(account.id);
  if (!moved) co_return fail(moved.error());
  tell(account.id, "commit", true, "recorded");
  tell(account.id, "observe", true, "the account is on its new home");
  co_return report;
}

Task<Result<DeltaReport>> Cutover::run(AccountId id, Step step, std::string who) {
  const auto routes = registry_.routes();
  const Account* found = routes->account(id);
  if (found == nullptr) co_return fail(ErrorKind::not_found, "no such account");
  const Account account = *found;
  if (!after(account.phase, step)) co_return fail(cannot_step(account, step));
  if (!claim(id))
    co_return fail(ErrorKind::conflict, account.address + ": a cut-over of it is running already");
  auto outcome = co_await run_claimed(account, step, std::move(who));
  unclaim(id);
  if (!outcome) tell(id, "failed", false, outcome.error().to_string());
  co_return outcome;
}

std::vector<CutoverWarning> Cutover::simulate(const std::vector<AccountId>& accounts,
                                              Step step) const {
  std::vector<CutoverWarning> warnings;
  const auto routes = registry_.routes();
  for (const AccountId id : accounts) {
    const Account* account = routes->account(id);
    if (account == nullptr) continue;
    if (!after(account->phase, step)) {
      warnings.push_back(
          {account->address, cannot_step(*account, step).to_string(), true, "not_possible"});
      continue;
    }
    const CopyProgress progress = parts_.copies.progress(id);
    if (progress.state != CopyState::in_sync && progress.state != CopyState::in_sync_notes)
      warnings.push_back(
          {account->address,
           fmt::format("not in sync yet ({} of {} messages copied)", progress.messages_done,
                       progress.messages_total),
           false, "not_in_sync",
           progress.messages_total - std::min(progress.messages_done, progress.messages_total)});
    if (progress.skipped > 0)
      warnings.push_back(
          {account->address,
           fmt::format("{} messages could not be copied; see the account's list", progress.skipped),
           false, "skipped", progress.skipped});
    const auto pending = parts_.transactions.pending_mirrors(id);
    if (pending > 0)
      warnings.push_back({account->address,
                          fmt::format("{} mirror copies are still to be made", pending), false,
                          "pending_copies", pending});
  }
  return warnings;
}

}  // namespace tandem::migration
