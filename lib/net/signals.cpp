#include "lib/net/signals.hpp"

#include <csignal>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tandem::net {

namespace asio = boost::asio;

Task<int> wait_for_stop_signal() {
  const auto executor = co_await asio::this_coro::executor;
  asio::signal_set signals(executor, SIGINT, SIGTERM);
  boost::system::error_code error;
  const int number = co_await signals.async_wait(asio::redirect_error(asio::use_awaitable, error));
  co_return error ? 0 : number;
}

}  // namespace tandem::net
