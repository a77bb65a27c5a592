#include "lib/net/give_back.hpp"

#include <algorithm>
#include <functional>
#include <malloc.h>

namespace tandem::net {
namespace {

constexpr Duration interval = std::chrono::seconds(10);

void ask_for_free_memory() {
  malloc_trim(0);
}

}  // namespace

bool CrowdWatch::gone(AddressLimit::Counts counts) {
  most_ = std::max(most_, counts.most);
  if (most_ - counts.open < crowd || counts.open > most_ / 2) return false;
  most_ = counts.open;
  return true;
}

Task<void> give_memory_back(AddressLimit& connections, Offload& pool, TaskGroup& group) {
  Notifier stop;
  const auto handle = group.on_stop([&stop] { stop.notify(); });
  const std::function<void()> work = ask_for_free_memory;
  CrowdWatch watch;
  while (!group.stopping()) {
    if (watch.gone(connections.count())) co_await pool.run(work);
    (void)co_await stop.wait_for(interval);
  }
}

}  // namespace tandem::net
