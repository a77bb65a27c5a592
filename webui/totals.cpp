#include "webui/totals.hpp"

#include <algorithm>

namespace tandem::webui {
namespace {

void add_problem(Totals& totals, const AccountState& state) {
  if (state.progress.problem.empty()) return;
  const Problem problem = problem_of(state.progress);
  if (problem.kind != "unreachable" && problem.kind != "certificate") return;
  if (state.progress.problem.contains("old side")) {
    ++totals.unreachable_old;
    totals.old_problem = problem;
  } else if (state.progress.problem.contains("new side")) {
    ++totals.unreachable_new;
    totals.new_problem = problem;
  }
}

}  // namespace

Totals add_up(const std::vector<AccountState>& accounts) {
  Totals totals;
  totals.accounts = accounts.size();
  for (const AccountState& one : accounts) {
    ++totals.states[static_cast<std::size_t>(one.state)];
    ++totals.phases[static_cast<std::size_t>(one.account.phase)];
    totals.messages_done += one.progress.messages_done;
    totals.messages_total += one.progress.messages_total;
    totals.bytes_done += one.progress.bytes_done;
    totals.bytes_total += one.progress.bytes_total;
    if (const auto at = one.progress.in_sync_at) {
      totals.last_pass = std::max(totals.last_pass.value_or(*at), *at);
      totals.oldest_pass = std::min(totals.oldest_pass.value_or(*at), *at);
    }
    add_problem(totals, one);
  }
  return totals;
}

}  // namespace tandem::webui
