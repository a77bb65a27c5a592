#include "lib/net/wait.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "lib/net/context_service.hpp"

namespace tandem::net {
namespace {

namespace asio = boost::asio;

// Parks the coroutine's handler in its Waiter. The slot's handler is gone before the frame is: Asio
// clears the slot before it resumes a coroutine.
struct Park {
  detail::Waiter* waiter;
  bool cancellable;

  template <class Handler>
  void operator()(Handler handler) const {
    auto slot = asio::get_associated_cancellation_slot(handler);
    detail::Waiter* parked = waiter;
    if (cancellable && slot.is_connected()) {
      slot.assign([parked](asio::cancellation_type) { parked->wake(Wake::cancelled); });
    }
    waiter->resume = std::move(handler);
  }
};

Task<Wake> wait_in(detail::Link& list, bool cancellable) {
  const auto state = co_await asio::this_coro::cancellation_state;
  if (cancellable && state.cancelled() != asio::cancellation_type::none) co_return Wake::cancelled;
  detail::Waiter waiter;
  waiter.executor = co_await asio::this_coro::executor;
  detail::ContextService::of(waiter.executor).add(waiter);
  list.insert_before(static_cast<detail::ListLink&>(waiter));
  const Park park{&waiter, cancellable};
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Wake)>(
      park, asio::use_awaitable);
}

detail::Waiter& first_of(detail::Link& list) {
  return static_cast<detail::Waiter&>(static_cast<detail::ListLink&>(*list.next));
}

}  // namespace

WaitList::~WaitList() {
  wake_all(Wake::cancelled);
}

Task<Wake> WaitList::wait() {
  return wait_in(waiters_, true);
}
Task<Wake> WaitList::wait_through() {
  return wait_in(waiters_, false);
}

bool WaitList::wake_one(Wake reason) {
  if (empty()) return false;
  first_of(waiters_).wake(reason);
  return true;
}

void WaitList::wake_all(Wake reason) {
  while (!empty()) first_of(waiters_).wake(reason);
}

Task<void> yield_now() {
  const auto executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

}  // namespace tandem::net
