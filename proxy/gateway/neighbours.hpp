// Neighbours: by which addresses the migrations' own mail servers come to us (R14, T-35). They are
// those of each side's `smtp` host, looked up at start and every five minutes; a look-up that fails
// leaves what was known. A side that sends from other addresses than it receives on is not
// recognised: then only the Received lines end a loop (T-26). Loopback addresses are nobody's: what
// comes from this machine can be anything.
//
// knows() and is() on any thread; run() on one.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/snapshot.hpp"
#include "lib/net/resolver.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "migration/registry.hpp"

namespace tandem::gateway {

using migration::Side;
using net::Task;

class Neighbours {
 public:
  Neighbours(const migration::Registry& registry, const net::Resolver& resolver);

  // Looks the hosts up, at once and again, until the group stops.
  Task<void> run(net::TaskGroup& group);
  Task<void> look_up();

  // A mail server of any side of any migration.
  [[nodiscard]] bool knows(const std::string& address) const;
  // The one of this side.
  [[nodiscard]] bool is(const std::string& migration, Side side, const std::string& address) const;

 private:
  using Place = std::pair<std::string, Side>;  // migration, side
  using Addresses = std::map<Place, std::vector<std::string>>;

  const migration::Registry& registry_;
  const net::Resolver& resolver_;
  net::Notifier stop_;
  Snapshot<Addresses> addresses_;
};

}  // namespace tandem::gateway
