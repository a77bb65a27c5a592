// Runs coroutines in tests: on a fresh io_context until they end, exceptions (and so Catch2's
// REQUIRE) passed on. Time stands still unless the test moves it through `TestNet::timers`.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>

#include "lib/net/task.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/timer.hpp"

namespace tandem::test {

inline net::Task<void> run_root(net::Task<void> body) {
  co_await boost::asio::this_coro::throw_if_cancelled(false);
  co_await std::move(body);
}

// An io_context with a clock that stands still, and a task group for what the test starts. The
// group must have been joined (or cancelled and joined) when run() returns.
//
//   TEST_CASE("…") {
//     TestNet net;
//     net.run(body(net));       // body: net::Task<void> body(TestNet& net)
//   }
class TestNet {
 public:
  boost::asio::io_context context{1};
  net::ManualTimers timers{context.get_executor()};
  net::TaskGroup group{context.get_executor()};

  [[nodiscard]] net::Executor executor() { return context.get_executor(); }
  [[nodiscard]] const ManualClock& clock() const { return timers.clock(); }

  // Until `body` ends; a minute of real time without an end fails the test instead of hanging it.
  void run(net::Task<void> body) {
    std::optional<std::exception_ptr> ended;
    boost::asio::co_spawn(context, run_root(std::move(body)),
                          [&ended](std::exception_ptr error) { ended = std::move(error); });
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    context.restart();
    while (!ended && std::chrono::steady_clock::now() < limit) context.run_one_until(limit);
    if (!ended) throw std::runtime_error("the coroutine did not end: it waits for something");
    if (*ended) std::rethrow_exception(*ended);
  }
};

// For a coroutine that needs no fixture. Time is the machine's.
inline void run(net::Task<void> body) {
  boost::asio::io_context context(1);
  std::optional<std::exception_ptr> ended;
  boost::asio::co_spawn(context, run_root(std::move(body)),
                        [&ended](std::exception_ptr error) { ended = std::move(error); });
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!ended && std::chrono::steady_clock::now() < limit) context.run_one_until(limit);
  if (!ended) throw std::runtime_error("the coroutine did not end: it waits for something");
  if (*ended) std::rethrow_exception(*ended);
}

}  // namespace tandem::test
