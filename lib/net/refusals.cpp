#include "lib/net/refusals.hpp"

#include <atomic>

#include "lib/base/clock.hpp"
#include "lib/base/log.hpp"

namespace tandem::net {
namespace {

constexpr std::array<std::string_view, refusal_count> names = {
    "too_many_connections", "too_many_in_a_minute", "spoke_early", "too_slow", "too_many_errors"};

struct Counter {
  std::atomic<std::uint64_t> all = 0;
  std::atomic<std::uint64_t> told = 0;
  std::atomic<std::int64_t> told_at = 0;  // minutes; 0: never
};

std::array<Counter, refusal_count>& counters() {
  static std::array<Counter, refusal_count> all;
  return all;
}

std::int64_t this_minute() {
  const auto since = system_clock().steady().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::minutes>(since).count() + 1;
}

}  // namespace

std::string_view name_of(Refusal why) {
  return names[static_cast<std::size_t>(why)];
}

void note_refusal(Refusal why, std::string_view address) {
  Counter& counter = counters()[static_cast<std::size_t>(why)];
  const std::uint64_t all = ++counter.all;
  const std::int64_t now = this_minute();
  if (counter.told_at.exchange(now) == now) return;
  const std::uint64_t before = counter.told.exchange(all);
  log::warning("W-NET-8", "clients turned away ({}) since this was last said: {}; the last one {}",
               name_of(why), all - before, address);
}

std::array<std::uint64_t, refusal_count> refusals() {
  std::array<std::uint64_t, refusal_count> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = counters()[i].all;
  return all;
}

}  // namespace tandem::net
