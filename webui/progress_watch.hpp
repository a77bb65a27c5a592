// Progress within a pass: rooms say when a pass begins and ends, and a first copy takes hours. This
// looks every few seconds at the accounts that may be copied, tells of those that got on, and
// samples the rates for the ETA. One thread.
#pragma once

#include <cstdint>
#include <map>

#include "lib/base/clock.hpp"
#include "migration/account.hpp"

namespace tandem::webui {

struct Context;

class ProgressWatch {
 public:
  static constexpr Duration interval = std::chrono::seconds(5);
  void look(Context& context);

 private:
  // Whether it differs from what was seen last.
  bool has_moved(migration::AccountId account, std::uint64_t messages, std::uint64_t bytes);

  struct Seen {
    std::uint64_t messages = 0;
    std::uint64_t bytes = 0;
  };
  std::map<migration::AccountId, Seen> seen_;
};

}  // namespace tandem::webui
