#include "webui/describe_account.hpp"

#include <algorithm>
#include <array>

#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "webui/bottleneck.hpp"
#include "webui/json.hpp"
#include "webui/problem.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Account;
using migration::CopyProgress;
using migration::CopyState;
using migration::Phase;
using migration::Step;

namespace {

constexpr std::array<std::string_view, state_count> state_names = {
    "waiting", "checking", "copying",     "in_sync", "in_sync_with_notes", "needs_you", "paused",
    "failed",  "switched", "rolled_back", "done"};

State copy_state(CopyState state) {
  switch (state) {
    case CopyState::waiting: return State::waiting;
    case CopyState::checking: return State::checking;
    case CopyState::copying: return State::copying;
    case CopyState::in_sync: return State::in_sync;
    case CopyState::in_sync_notes: return State::in_sync_with_notes;
    case CopyState::needs_you: return State::needs_you;
    case CopyState::paused: return State::paused;
    case CopyState::failed: return State::failed;
  }
  return State::waiting;
}

bool is_synced(CopyState state) {
  return state == CopyState::in_sync || state == CopyState::in_sync_notes;
}

// The age of what may be missing on the other side: nothing is, or all since the last clean pass.
json::value lag_of(const CopyProgress& progress, WallTime now) {
  if (is_synced(progress.state)) return 0;
  if (!progress.in_sync_at) return nullptr;
  const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - *progress.in_sync_at);
  return std::max<std::int64_t>(0, age.count());
}

json::array actions_of(const AccountState& state) {
  json::array can;
  if (can_switch(state, Step::cut_over)) can.emplace_back("cut_over");
  if (can_switch(state, Step::roll_back)) can.emplace_back("roll_back");
  if (can_sync(state)) can.emplace_back("sync");
  if (can_pause(state)) can.emplace_back("pause");
  if (can_resume(state)) can.emplace_back("resume");
  return can;
}

json::array describe_quotas(const CopyProgress& progress) {
  json::array quotas;
  for (const migration::DailyQuota& quota : progress.quotas)
    quotas.push_back({{"side", migration::name_of(quota.side)},
                      {"way", quota.upload ? "upload" : "download"},
                      {"per_day", quota.per_day},
                      {"used", quota.used},
                      {"goes_on_at", time_or_null(quota.goes_on_at)}});
  return quotas;
}

}  // namespace

json::object describe_eta(const std::optional<Eta>& eta) {
  json::value limit = nullptr;
  if (eta && eta->limit) limit = migration::name_of(*eta->limit);
  return {{"known", eta.has_value()},
          {"low", eta ? json::value(time_text(eta->low)) : json::value(nullptr)},
          {"high", eta ? json::value(time_text(eta->high)) : json::value(nullptr)},
          {"limit", std::move(limit)}};
}

std::string_view name_of(State state) {
  return state_names[static_cast<std::size_t>(state)];
}

std::string_view wire_name(Phase phase) {
  switch (phase) {
    case Phase::old: return "old";
    case Phase::mirror_old: return "mirror_old";
    case Phase::mirror_new: return "mirror_new";
    case Phase::finished: return "new";
  }
  return "old";
}

bool RollBacks::includes(const Account& account) {
  // Start, cut over, roll back: fewer steps cannot have led back.
  if (account.phase != Phase::mirror_old || account.epoch < 3) return false;
  const std::lock_guard lock(mutex_);
  auto& known = known_[account.id];
  if (known.first == account.epoch) return known.second;
  const auto history = registry_.history(account.id);
  if (!history) return false;
  const bool was_there = !history->empty() && history->back().from == Phase::mirror_new;
  known = {account.epoch, was_there};
  return was_there;
}

State state_of(const Account& account, const CopyProgress& progress, bool rolled_back) {
  if (account.phase == Phase::finished) return State::done;
  if (account.paused) return State::paused;
  const State copy = copy_state(progress.state);
  if (copy == State::needs_you || copy == State::failed) return copy;
  if (account.phase == Phase::old) return copy == State::checking ? copy : State::waiting;
  if (account.phase == Phase::mirror_new) return State::switched;
  return rolled_back && is_synced(progress.state) ? State::rolled_back : copy;
}

// An account that was in sync once and is in the middle of a pass may be cut over: the cut-over
// carries the last changes itself and compares.
bool can_switch(const AccountState& state, Step step) {
  if (state.account.paused || !migration::after(state.account.phase, step)) return false;
  const CopyState copy = state.progress.state;
  const bool in_a_pass = copy == CopyState::copying || copy == CopyState::checking;
  return step == Step::roll_back || is_synced(copy) ||
         (in_a_pass && state.progress.in_sync_at.has_value());
}

bool can_sync(const AccountState& state) {
  return !state.account.paused && state.account.phase != Phase::finished;
}

bool can_pause(const AccountState& state) {
  return can_sync(state);
}

bool can_resume(const AccountState& state) {
  return state.account.paused && state.account.phase != Phase::finished;
}

json::object describe(const AccountState& state, WallTime now) {
  const CopyProgress& progress = state.progress;
  const bool has_problem = !progress.problem.empty();
  json::value problem = nullptr;
  if (has_problem) problem = describe(problem_of(progress));
  return {{"address", state.account.address},
          {"migration", state.account.migration},
          {"state", name_of(state.state)},
          {"phase", wire_name(state.account.phase)},
          {"home", migration::name_of(migration::home_of(state.account.phase))},
          {"epoch", state.account.epoch},
          {"copied",
           {{"messages_done", progress.messages_done},
            {"messages_total", progress.messages_total},
            {"bytes_done", progress.bytes_done},
            {"bytes_total", progress.bytes_total}}},
          {"eta", describe_eta(state.eta)},
          {"bottleneck", describe_bottleneck(bottleneck_of(state, now))},
          {"daily_quotas", describe_quotas(progress)},
          {"notes", progress.skipped},
          {"lag_seconds", lag_of(progress, now)},
          {"synced_at", time_or_null(progress.in_sync_at)},
          {"problem", std::move(problem)},
          {"can", actions_of(state)}};
}

}  // namespace tandem::webui
