#include "webui/runs.hpp"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "webui/json.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

constexpr std::size_t most_runs = 50;

json::value result_of(const RunAccount& account) {
  if (!account.ok) return nullptr;
  return *account.ok ? "ok" : "red";
}

std::string_view state_of(const Run& run) {
  if (!run.finished) return "running";
  return run.stopped ? "stopped" : "done";
}

json::object describe_one(const RunAccount& account) {
  json::value problem = nullptr;
  if (account.problem) problem = describe(*account.problem);
  return {{"address", account.address},
          {"step", account.step},
          {"result", result_of(account)},
          {"problem", std::move(problem)}};
}

}  // namespace

json::object describe(const Run& run) {
  json::array accounts;
  for (const auto& account : run.accounts) accounts.push_back(describe_one(account));
  return {{"id", run.id},
          {"kind", run.kind == migration::Step::cut_over ? "cut_over" : "roll_back"},
          {"migration", run.migration},
          {"by", run.by},
          {"started_at", time_text(run.started)},
          {"finished_at", time_or_null(run.finished)},
          {"state", state_of(run)},
          {"accounts", std::move(accounts)}};
}

Result<std::string> Runs::begin(Run run) {
  const std::lock_guard lock(mutex_);
  if (std::ranges::any_of(runs_, [](const Run& one) { return !one.finished; }))
    return fail(ErrorKind::conflict, "another cut-over or roll-back is running");
  run.id = "run-" + hex_encode(random_bytes(6));
  runs_.push_front(std::move(run));
  if (runs_.size() > most_runs) runs_.pop_back();
  return runs_.front().id;
}

Run* Runs::known(const std::string& id) {
  const auto found = std::ranges::find(runs_, id, &Run::id);
  return found == runs_.end() ? nullptr : &*found;
}

std::optional<std::string> Runs::at_step(migration::AccountId account, const std::string& step) {
  const std::lock_guard lock(mutex_);
  for (Run& run : runs_) {
    if (run.finished) continue;
    for (RunAccount& one : run.accounts) {
      if (one.account != account || one.ok) continue;
      if (step != "failed") one.step = step;
      return run.id;
    }
  }
  return std::nullopt;
}

void Runs::end_account(const std::string& id, std::size_t index, std::optional<Problem> problem) {
  const std::lock_guard lock(mutex_);
  Run* run = known(id);
  if (run == nullptr || index >= run->accounts.size()) return;
  RunAccount& account = run->accounts[index];
  account.ok = !problem.has_value();
  if (*account.ok) account.step = "done";
  account.problem = std::move(problem);
}

void Runs::end(const std::string& id, bool stopped, WallTime now) {
  const std::lock_guard lock(mutex_);
  Run* run = known(id);
  if (run == nullptr) return;
  run->stopped = stopped;
  run->finished = now;
}

std::vector<Run> Runs::all() const {
  const std::lock_guard lock(mutex_);
  return {runs_.begin(), runs_.end()};
}

std::optional<Run> Runs::find(const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(runs_, id, &Run::id);
  return found == runs_.end() ? std::nullopt : std::optional(*found);
}

std::size_t Runs::switching(const std::string& migration) const {
  const std::lock_guard lock(mutex_);
  std::size_t count = 0;
  for (const Run& run : runs_)
    if (!run.finished && run.migration == migration)
      count += static_cast<std::size_t>(
          std::ranges::count_if(run.accounts, [](const auto& one) { return !one.ok; }));
  return count;
}

}  // namespace tandem::webui
