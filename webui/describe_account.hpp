// Account of openapi.json, from the registry's account and what the sync says of it.
#pragma once

#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "lib/base/clock.hpp"
#include "migration/account.hpp"
#include "migration/phase.hpp"
#include "migration/views.hpp"
#include "webui/eta.hpp"

namespace tandem::migration {
class Registry;
}

namespace tandem::webui {

// The states people see, in the order of the contract.
enum class State : std::uint8_t {
  waiting,             // nothing done yet
  checking,            // logging in, listing folders
  copying,             // messages are being copied
  in_sync,             // everything is on both sides
  in_sync_with_notes,  // as before, but for items each with a reason
  needs_you,           // stopped until a person acts
  paused,              // the operator stopped copying
  failed,              // stopped by a fault that will be tried again by itself
  switched,            // home is the new side, roll-back is possible
  rolled_back,         // home is the old side again
  done,                // home is the new side, no mirror
};
[[nodiscard]] std::string_view name_of(State state);
inline constexpr std::size_t state_count = static_cast<std::size_t>(State::done) + 1;

// One account at one moment.
struct AccountState {
  migration::Account account;
  migration::CopyProgress progress;
  State state = State::waiting;
  std::optional<Eta> eta;  // when all is copied
};

// Whether an account was on the new side before: from its history, kept per epoch. Any thread.
class RollBacks {
 public:
  explicit RollBacks(const migration::Registry& registry) : registry_(registry) {}
  [[nodiscard]] bool includes(const migration::Account& account);

 private:
  const migration::Registry& registry_;
  std::mutex mutex_;
  std::map<migration::AccountId, std::pair<std::uint64_t, bool>> known_;  // epoch, answer
};

[[nodiscard]] State state_of(const migration::Account& account,
                             const migration::CopyProgress& progress, bool rolled_back);
// Whether the account may be asked for this now.
[[nodiscard]] bool can_switch(const AccountState& state, migration::Step step);
[[nodiscard]] bool can_sync(const AccountState& state);
[[nodiscard]] bool can_pause(const AccountState& state);
[[nodiscard]] bool can_resume(const AccountState& state);

[[nodiscard]] boost::json::object describe(const AccountState& state, WallTime now);
[[nodiscard]] boost::json::object describe_eta(const std::optional<Eta>& eta);
[[nodiscard]] std::string_view wire_name(migration::Phase phase);  // "mirror_old"

}  // namespace tandem::webui
