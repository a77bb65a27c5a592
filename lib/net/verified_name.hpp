// The name of an address, as mail servers mean it: what its PTR record says, if that name's own
// addresses say the same (RFC 8601 3, "iprev"). Names that are no host names do not count (T-21).
#pragma once

#include <string>

#include "lib/net/resolver.hpp"

namespace tandem::net {

struct VerifiedName {
  std::string name;    // lower case; empty: none
  bool later = false;  // none, because DNS did not answer
};

// `address` as in ConnectionInfo. At most three names are looked at.
[[nodiscard]] Task<VerifiedName> verified_name(const Resolver& resolver, std::string address);

}  // namespace tandem::net
