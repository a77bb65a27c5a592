// What the copying of an account waits for, as far as it is known: one thing, the most telling.
// Pure.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "lib/base/clock.hpp"
#include "migration/account.hpp"
#include "webui/describe_account.hpp"

namespace tandem::webui {

struct Bottleneck {
  // paused, needs_you: a person. mailbox_full, host_pause, no_answer, daily_quota: `side`.
  // turn: other accounts come first. in_use: another command works on the account. slow_source,
  // slow_target: most of the time goes into waiting for `side` to give mail, or to take it.
  // both_sides: they are about equally busy.
  std::string_view kind;
  std::optional<migration::Side> side;
  std::optional<WallTime> until;  // host_pause and daily_quota: not before
};

// Nothing: nothing is left to copy, or it is not known.
[[nodiscard]] std::optional<Bottleneck> bottleneck_of(const AccountState& state, WallTime now);
// What most of these wait for; `until` is the first of theirs. Those that a person holds up count
// only where nothing else does.
[[nodiscard]] std::optional<Bottleneck> commonest_bottleneck(
    const std::vector<AccountState>& accounts, WallTime now);
[[nodiscard]] boost::json::value describe_bottleneck(const std::optional<Bottleneck>& one);

}  // namespace tandem::webui
