// Places: the connections that a host lets us have, where it counts them for each address they come
// from (connections_per_address; Courier's MAXPERIP) instead of for each account. From our address
// come the copies, the gateway's deliveries and everybody's programs: copies in the background take
// half of what there is, what a person waits for (a cut-over, verify) a quarter, the rest is left;
// at least one each. The executor's thread.
#pragma once

#include <array>
#include <map>
#include <string>

#include "config/migration_settings.hpp"
#include "lib/net/sync.hpp"

namespace tandem::sync {

using net::Task;

enum class PlaceFor : std::uint8_t { background, person };

// Given back when it goes. It must not outlive its Places.
struct HeldPlaces {
  std::array<net::Semaphore::Permit, 2> permits;
  [[nodiscard]] bool any() const { return permits[0] || permits[1]; }
};

class Places {
 public:
  // Waits for a place at each host of `migration` that counts, the heaviest first; at once where
  // none does or `held` has them already. False: cancelled.
  [[nodiscard]] Task<bool> take(const config::MigrationSettings& migration, PlaceFor who,
                                std::uint64_t weight, HeldPlaces& held);
  // For the background. False: there is none now.
  [[nodiscard]] bool try_take(const config::MigrationSettings& migration, HeldPlaces& held);
  // How many could be taken now for the background.
  [[nodiscard]] std::size_t free(const config::MigrationSettings& migration);
  // Somebody in the background waits for one.
  [[nodiscard]] bool are_wanted(const config::MigrationSettings& migration);

 private:
  // By the host's name: everybody takes them in this order, so that no two wait for each other.
  using Key = std::pair<std::string, std::size_t>;
  std::array<net::Semaphore*, 2> doors(const config::MigrationSettings& migration, PlaceFor who);

  std::array<std::map<Key, net::Semaphore>, 2> doors_;  // by PlaceFor
};

}  // namespace tandem::sync
