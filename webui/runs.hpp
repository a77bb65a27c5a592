// Runs: cut-overs and roll-backs asked for over the API, with the progress of each account. In
// memory, the last 50: what they changed is in the ledger's history and audit log. Any thread.
#pragma once

#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/fwd.hpp>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "migration/account.hpp"
#include "webui/problem.hpp"

namespace tandem::webui {

struct RunAccount {
  migration::AccountId account = 0;
  std::string address;
  std::string step = "waiting";
  std::optional<bool> ok;  // nothing: still on its way
  std::optional<Problem> problem;
};

struct Run {
  std::string id;
  migration::Step kind = migration::Step::cut_over;
  std::string migration;
  std::string by;
  WallTime started{};
  std::optional<WallTime> finished;
  bool stopped = false;  // an account went red, the rest was not touched
  std::vector<RunAccount> accounts;
};

[[nodiscard]] boost::json::object describe(const Run& run);

class Runs {
 public:
  // Takes the run up and gives it an id. Error conflict: one is running.
  [[nodiscard]] Result<std::string> begin(Run run);
  // The running run's account of that id is at `step`; the run's id if there is one.
  std::optional<std::string> at_step(migration::AccountId account, const std::string& step);
  void end_account(const std::string& run, std::size_t index, std::optional<Problem> problem);
  void end(const std::string& run, bool stopped, WallTime now);

  [[nodiscard]] std::vector<Run> all() const;  // newest first
  [[nodiscard]] std::optional<Run> find(const std::string& id) const;
  // How many accounts of that migration are being switched and not there yet.
  [[nodiscard]] std::size_t switching(const std::string& migration) const;

 private:
  Run* known(const std::string& id);

  mutable std::mutex mutex_;
  std::deque<Run> runs_;  // newest first
};

}  // namespace tandem::webui
