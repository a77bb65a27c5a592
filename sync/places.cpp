#include "sync/places.hpp"

#include <algorithm>
#include <limits>

namespace tandem::sync {
namespace {

struct Host {
  std::string name;
  std::size_t most = 0;  // connections at a time; 0: it does not count them so
};

Host host_of(const config::SideSettings& side) {
  const auto& server = side.imap ? side.imap : side.pop3;
  if (!server) return {};
  return {server->host.empty() ? server->in_process : server->host, side.most_connections()};
}

}  // namespace

// Null where nothing is counted. Where both sides are one host, a pair of connections takes one
// place of half as many: two that had one each would wait for each other.
std::array<net::Semaphore*, 2> Places::doors(const config::MigrationSettings& migration,
                                             PlaceFor who) {
  std::array<Host, 2> hosts = {host_of(migration.old_side), host_of(migration.new_side)};
  if (hosts[1].name < hosts[0].name) std::swap(hosts[0], hosts[1]);
  std::size_t share = who == PlaceFor::background ? 2 : 4;
  if (hosts[0].name == hosts[1].name) {
    hosts[0].most = std::max(hosts[0].most, hosts[1].most);
    hosts[1].most = 0;
    share *= 2;
  }
  std::array<net::Semaphore*, 2> doors = {};
  for (std::size_t at = 0; at < hosts.size(); ++at) {
    if (hosts[at].most == 0) continue;
    const std::size_t most = std::max<std::size_t>(hosts[at].most / share, 1);
    doors[at] = &doors_[static_cast<std::size_t>(who)]
                     .try_emplace(Key(std::move(hosts[at].name), most), most)
                     .first->second;
  }
  return doors;
}

Task<bool> Places::take(const config::MigrationSettings& migration, PlaceFor who,
                        std::uint64_t weight, HeldPlaces& held) {
  if (held.any()) co_return true;
  const auto wanted = doors(migration, who);
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    if (wanted[at] == nullptr) continue;
    held.permits[at] = co_await wanted[at]->acquire(weight);
    if (held.permits[at]) continue;
    held = {};
    co_return false;
  }
  co_return true;
}

bool Places::try_take(const config::MigrationSettings& migration, HeldPlaces& held) {
  const auto wanted = doors(migration, PlaceFor::background);
  for (std::size_t at = 0; at < wanted.size(); ++at) {
    if (wanted[at] == nullptr) continue;
    held.permits[at] = wanted[at]->try_acquire();
    if (held.permits[at]) continue;
    held = {};
    return false;
  }
  return true;
}

std::size_t Places::free(const config::MigrationSettings& migration) {
  std::size_t most = std::numeric_limits<std::size_t>::max();
  for (const auto* door : doors(migration, PlaceFor::background))
    if (door != nullptr) most = std::min(most, door->available());
  return most;
}

bool Places::are_wanted(const config::MigrationSettings& migration) {
  return std::ranges::any_of(
      doors(migration, PlaceFor::background),
      [](const net::Semaphore* door) { return door != nullptr && door->is_wanted(); });
}

}  // namespace tandem::sync
