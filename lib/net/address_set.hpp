// AddressSet: the addresses somebody is trusted from, as a person writes them: "192.0.2.10",
// "10.0.0.0/8", "2001:db8::/32". Names are not taken: an answer of DNS is no ground for trust.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace tandem::net {

class AddressSet {
 public:
  // One address, or a network by its first address and the length of its prefix.
  // Errors: invalid, with a next step: no address, bits behind the prefix, the whole world.
  [[nodiscard]] Result<void> add(std::string_view text);
  // `address` as in ConnectionInfo. An empty one (within the process) is in no set.
  [[nodiscard]] bool contains(const std::string& address) const;
  [[nodiscard]] bool empty() const { return networks_.empty(); }
  bool operator==(const AddressSet&) const = default;

 private:
  // IPv4 as ::ffff:a.b.c.d, so that 10.0.0.0/8 is the same whichever socket took the connection.
  struct Network {
    std::array<std::uint8_t, 16> bits{};
    unsigned prefix = 128;
    bool operator==(const Network&) const = default;
  };
  std::vector<Network> networks_;
};

}  // namespace tandem::net
