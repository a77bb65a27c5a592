// Recipients whom their own side does not know (R5): whether a refusal says so, and whether another
// side may be believed that takes them.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"
#include "lib/delivery/handover.hpp"
#include "migration/registry.hpp"

namespace tandem::gateway {

using net::Task;

// "There is no such mailbox", and no other refusal.
[[nodiscard]] bool is_unknown(const smtp::Reply& reply);

// Whether that is the last word: not while the policy says otherwise and both sides are in use.
// `account` 0: of nobody in particular.
[[nodiscard]] bool is_last_word(const migration::Registry& registry, const std::string& migration,
                                migration::AccountId account);

// Which servers take mail for any address of a domain. Asked with an address nobody has, never more
// often than every ten minutes. Any thread.
class CatchAlls {
 public:
  CatchAlls(delivery::UpstreamPool& upstreams, const Clock& clock)
      : upstreams_(upstreams), clock_(clock) {}

  // Nothing: the server did not say.
  Task<std::optional<bool>> takes_anybody(net::Endpoint endpoint, Origin origin,
                                          std::string domain);

 private:
  struct Known {
    bool takes = false;
    SteadyTime until{};
  };

  delivery::UpstreamPool& upstreams_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Known> known_;  // by endpoint and domain: those of the settings
};

}  // namespace tandem::gateway
