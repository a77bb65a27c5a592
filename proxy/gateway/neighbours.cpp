#include "proxy/gateway/neighbours.hpp"

#include <algorithm>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"

namespace tandem::gateway {
namespace {

constexpr Duration look_again = std::chrono::minutes(5);

}  // namespace

Neighbours::Neighbours(const migration::Registry& registry, const net::Resolver& resolver)
    : registry_(registry), resolver_(resolver), addresses_(std::make_shared<const Addresses>()) {}

Task<void> Neighbours::run(net::TaskGroup& group) {
  const auto woken = group.on_stop([this] { stop_.notify(); });
  while (!group.stopping()) {
    co_await look_up();
    if (group.stopping()) break;
    co_await stop_.wait_for(look_again);
  }
}

Task<void> Neighbours::look_up() {
  auto next = std::make_shared<Addresses>(*addresses_.load());
  for (const auto& migration : registry_.migrations()) {
    for (const Side side : {Side::old_side, Side::new_side}) {
      const auto& settings = migration::settings_of(migration, side);
      if (!settings.smtp || settings.smtp->host.empty()) continue;
      auto found = co_await resolver_.addresses(settings.smtp->host);
      if (!found) {
        log::info("I-NEIGH-1", "{}: its address is not known: {}", settings.smtp->host,
                  found.error().what);
        continue;
      }
      std::erase_if(*found, net::is_loopback);
      (*next)[{migration.name, side}] = std::move(*found);
    }
  }
  addresses_.store(std::move(next));
}

bool Neighbours::knows(const std::string& address) const {
  const auto all = addresses_.load();
  return std::ranges::any_of(*all, [&](const auto& place) {
    return std::ranges::find(place.second, address) != place.second.end();
  });
}

bool Neighbours::is(const std::string& migration, Side side, const std::string& address) const {
  const auto all = addresses_.load();
  const auto place = all->find({migration, side});
  return place != all->end() && std::ranges::find(place->second, address) != place->second.end();
}

}  // namespace tandem::gateway
