#include "webui/bottleneck.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/json.hpp>

#include "webui/json.hpp"
#include "webui/problem.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::CopyProgress;
using migration::CopyState;
using migration::Phase;
using migration::Side;

namespace {

// Less says nothing.
constexpr Duration shortest_measured = std::chrono::seconds(2);

std::optional<Side> side_in(const std::string& text) {
  const bool of_new = text.contains("new side");
  if (of_new == text.contains("old side")) return std::nullopt;
  return of_new ? Side::new_side : Side::old_side;
}

// Of a copy that has stopped.
std::optional<Bottleneck> fault_of(const CopyProgress& progress, WallTime now) {
  if (progress.pause && progress.pause->until > now)
    return Bottleneck{"host_pause", progress.pause->side, progress.pause->until};
  const std::string kind = problem_of(progress).kind;
  const auto side = side_in(progress.problem + " " + progress.server_words);
  if (kind == "quota") return Bottleneck{"mailbox_full", side, {}};
  // One that says something answers.
  if (kind == "unreachable" && progress.server_words.empty())
    return Bottleneck{"no_answer", side, {}};
  if (progress.state == CopyState::needs_you) return Bottleneck{"needs_you", {}, {}};
  return std::nullopt;
}

std::optional<Bottleneck> quota_of(const CopyProgress& progress, WallTime now) {
  std::optional<Bottleneck> found;
  for (const migration::DailyQuota& quota : progress.quotas)
    if (quota.goes_on_at && *quota.goes_on_at > now &&
        (!found || *quota.goes_on_at < *found->until))
      found = Bottleneck{"daily_quota", quota.side, quota.goes_on_at};
  return found;
}

// One side is it if at least two thirds of the waiting were for it.
std::optional<Bottleneck> slow_side(const CopyProgress& progress, Side home) {
  const Duration all = progress.waited[0] + progress.waited[1];
  if (all < shortest_measured) return std::nullopt;
  for (const Side side : {Side::old_side, Side::new_side})
    if (progress.waited[static_cast<std::size_t>(side)] * 3 >= all * 2)
      return Bottleneck{side == home ? "slow_source" : "slow_target", side, {}};
  return Bottleneck{"both_sides", {}, {}};
}

}  // namespace

std::optional<Bottleneck> bottleneck_of(const AccountState& state, WallTime now) {
  const CopyProgress& progress = state.progress;
  const Phase phase = state.account.phase;
  if (phase == Phase::old || phase == Phase::finished) return std::nullopt;
  if (state.account.paused) return Bottleneck{"paused", {}, {}};
  switch (progress.state) {
    case CopyState::needs_you:
    case CopyState::failed: return fault_of(progress, now);
    case CopyState::waiting:
      return Bottleneck{problem_of(progress).kind == "in_use" ? "in_use" : "turn", {}, {}};
    case CopyState::paused: return Bottleneck{"paused", {}, {}};
    case CopyState::in_sync:
    case CopyState::in_sync_notes: return std::nullopt;
    case CopyState::checking:
    case CopyState::copying: break;
  }
  const auto quota = quota_of(progress, now);
  return quota ? quota : slow_side(progress, migration::home_of(phase));
}

std::optional<Bottleneck> commonest_bottleneck(const std::vector<AccountState>& accounts,
                                               WallTime now) {
  struct Counted {
    std::uint64_t count = 0;
    Bottleneck one;
  };
  std::map<std::pair<std::string_view, std::optional<Side>>, Counted> all;
  for (const AccountState& state : accounts) {
    const auto one = bottleneck_of(state, now);
    if (!one) continue;
    Counted& counted = all[{one->kind, one->side}];
    if (counted.count++ == 0) counted.one = *one;
    if (one->until && *one->until < *counted.one.until) counted.one.until = one->until;
  }
  const auto rank = [](const Counted& counted) {
    const bool by_person = counted.one.kind == "paused" || counted.one.kind == "needs_you";
    return std::pair(!by_person, counted.count);
  };
  std::optional<Bottleneck> most;
  std::pair<bool, std::uint64_t> best{false, 0};
  for (const auto& [key, counted] : all) {
    if (rank(counted) <= best) continue;
    best = rank(counted);
    most = counted.one;
  }
  return most;
}

json::value describe_bottleneck(const std::optional<Bottleneck>& one) {
  if (!one) return nullptr;
  json::value side = nullptr;
  if (one->side) side = migration::name_of(*one->side);
  return json::object{
      {"kind", one->kind}, {"side", std::move(side)}, {"until", time_or_null(one->until)}};
}

}  // namespace tandem::webui
