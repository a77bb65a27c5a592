// Task<T> is what every coroutine of the program returns: Asio's awaitable under a short name.
// Coroutines are functions with value parameters (except Stream& and what the owner outlives),
// never capturing lambdas. Only TaskGroup and the root start them. In a statement with co_await:
// names, literals and calls only (see docs/decisions on the compiler).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace tandem::net {

template <class T>
using Task = boost::asio::awaitable<T>;
using Executor = boost::asio::any_io_executor;

}  // namespace tandem::net
