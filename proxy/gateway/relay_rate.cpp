#include "proxy/gateway/relay_rate.hpp"

namespace tandem::gateway {

bool RelayRate::take(const std::string& machine, unsigned most) {
  const SteadyTime now = clock_.steady();
  const std::lock_guard lock(mutex_);
  Hour& hour = hours_.try_emplace(machine, Hour{.began = now}).first->second;
  if (now - hour.began >= std::chrono::hours(1)) hour = {.began = now};
  if (hour.messages >= most) return false;
  ++hour.messages;
  return true;
}

}  // namespace tandem::gateway
