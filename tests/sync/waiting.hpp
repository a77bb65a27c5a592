// For what the sync does in the background.
#pragma once

#include <functional>

#include <catch2/catch.hpp>

#include "lib/net/timer.hpp"
#include "tests/sync/fixture.hpp"

namespace tandem::sync {

inline net::Task<bool> comes_true(std::function<bool()> what, int looks) {
  for (int at = 0; at < looks && !what(); ++at) (void)co_await net::sleep_for(Duration(10));
  co_return what();
}

inline net::Task<void> wait_until(std::function<bool()> what) {
  const bool came = co_await comes_true(what, 1000);
  CHECK(came);
}

}  // namespace tandem::sync
