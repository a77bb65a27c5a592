// Clients: a pair of connections to both sides of one account.
#pragma once

#include <array>
#include <memory>

#include "lib/net/imap_client.hpp"
#include "migration/account.hpp"
#include "sync/budget.hpp"
#include "sync/places.hpp"

namespace tandem::sync {

// A pass's two connections; kept between passes by a worker.
struct Clients {
  HeldPlaces places;                                      // before the connections: they go first
  std::array<std::unique_ptr<net::ImapClient>, 2> sides;  // by Side
  [[nodiscard]] net::ImapClient& at(Side side) { return *sides[static_cast<std::size_t>(side)]; }
  [[nodiscard]] bool usable() const {
    return sides[0] && sides[1] && sides[0]->is_open() && sides[1]->is_open();
  }
  void reset() {
    sides = {};
    places = {};
  }
  // All that both have moved so far, by Side.
  [[nodiscard]] std::array<WireBytes, 2> wire_bytes() const;
};

}  // namespace tandem::sync
