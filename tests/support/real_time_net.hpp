// Runs coroutines in the machine's own time.
#pragma once

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "lib/net/task_group.hpp"
#include "tests/support/run.hpp"

namespace tandem::test {

// An io_context in the machine's time: a session in IDLE is woken through a deadline.
class RealTimeNet {
 public:
  boost::asio::io_context context{1};
  net::TaskGroup group{context.get_executor()};

  [[nodiscard]] net::Executor executor() { return context.get_executor(); }
  void run(net::Task<void> body) {
    std::optional<std::exception_ptr> ended;
    boost::asio::co_spawn(context, run_root(std::move(body)),
                          [&ended](std::exception_ptr error) { ended = std::move(error); });
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    context.restart();
    while (!ended && std::chrono::steady_clock::now() < limit) context.run_one_until(limit);
    if (!ended) throw std::runtime_error("the coroutine did not end: it waits for something");
    if (*ended) std::rethrow_exception(*ended);
  }
};

}  // namespace tandem::test
