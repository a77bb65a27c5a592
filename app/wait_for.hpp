// Runs one coroutine to its end on a runtime of its own: for commands that do one thing and exit.
#pragma once

#include <optional>
#include <utility>

#include "lib/net/runtime.hpp"

namespace tandem::app {

template <class T>
net::Task<void> store_result(net::Task<T> work, std::optional<T>& result) {
  result.emplace(co_await std::move(work));
}

template <class T>
T wait_for(net::Task<T> work) {
  net::Runtime runtime(1);
  std::optional<T> result;
  runtime.run(store_result(std::move(work), result));
  return std::move(*result);
}

}  // namespace tandem::app
