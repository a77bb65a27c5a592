// Breaker: a backend that did not answer several people in a row is not asked for a while; their
// log-ins are told at once to try again, instead of waiting for a connection each. Then one log-in
// tries; if it gets an answer, all go on.
//
// Counted are different accounts, not failures: one person whose mailbox hangs, or one client that
// tries all day, shuts nobody else out. A refused password is an answer. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "migration/account.hpp"

namespace tandem::session {

class Breaker {
 public:
  static constexpr std::size_t most_accounts =
      5;  // without an answer, and the backend is left alone
  static constexpr Duration window = std::chrono::minutes(1);  // how long a failure counts
  static constexpr Duration pause = std::chrono::seconds(10);

  explicit Breaker(const Clock& clock) : clock_(clock) {}

  // May this log-in ask the backend now?
  [[nodiscard]] bool may_ask(const std::string& backend);
  // How it went; `error`: null for a log-in that succeeded. True: the backend is left alone from
  // now on (said once).
  bool asked(const std::string& backend, migration::AccountId account, const Error* error);

 private:
  struct State {
    std::set<migration::AccountId> failed;
    SteadyTime first{};  // of `failed`
    SteadyTime shut_until{};
    bool shut = false;
  };
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, State> backends_;  // those with failures only
};

}  // namespace tandem::session
