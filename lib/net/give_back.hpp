// Memory that a crowd of connections took goes back to the system when they have left. glibc keeps
// it: each thread's heap shrinks from its top only, and whatever lasts (a session, a count) pins
// all below. What is free in between is asked for by name (malloc_trim).
#pragma once

#include "lib/net/address_limit.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::net {

// Whether a crowd has gone: since the last time it was so, at least `crowd` connections more than
// now were open at once, and half of them or more are not any longer.
class CrowdWatch {
 public:
  static constexpr std::size_t crowd = 256;
  [[nodiscard]] bool gone(AddressLimit::Counts counts);

 private:
  std::size_t most_ = 0;
};

// Looks every ten seconds until `group` is asked to stop; the work itself is done on `pool`, as it
// takes milliseconds for each 100 MB.
[[nodiscard]] Task<void> give_memory_back(AddressLimit& connections, Offload& pool,
                                          TaskGroup& group);

}  // namespace tandem::net
