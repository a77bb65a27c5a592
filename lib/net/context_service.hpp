// What lib/net keeps per io_context, as an Asio service: the waiting coroutines (so that they are
// destroyed with the context) and the timer queue with its clock. Private to lib/net.
#pragma once

#include <functional>
#include <map>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "lib/net/timer.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net::detail {

struct ListLink : Link {};
struct ContextLink : Link {};

// One suspended coroutine; lives in the coroutine's own frame.
struct Waiter : ListLink, ContextLink {
  Executor executor;
  std::move_only_function<void(Wake)> resume;  // empty: already woken

  void wake(Wake reason);
};

class ContextService : public boost::asio::execution_context::service {
 public:
  using key_type = ContextService;
  static boost::asio::execution_context::id id;

  explicit ContextService(boost::asio::execution_context& context);
  static ContextService& of(const Executor& executor);

  void add(Waiter& waiter) { waiters_.insert_before(static_cast<ContextLink&>(waiter)); }

  using Queue = std::multimap<SteadyTime, Timer*>;
  Queue::iterator insert(SteadyTime due, Timer* timer);
  void erase(Queue::iterator entry);

  [[nodiscard]] const Clock& clock() const { return *clock_; }
  void use_clock(const Clock& clock, bool manual);
  // Calls what is due by the clock. True: something was.
  bool fire_due();
  // When the earliest timer is due; nothing armed: SteadyTime::max().
  [[nodiscard]] SteadyTime next_due() const;

 private:
  void shutdown() override;
  void schedule();
  void on_timer(const boost::system::error_code& error);

  ContextLink waiters_;
  Queue queue_;
  const Clock* clock_;
  bool manual_ = false;
  SteadyTime scheduled_ = SteadyTime::max();  // what timer_ waits for
  boost::asio::basic_waitable_timer<std::chrono::steady_clock> timer_;
};

}  // namespace tandem::net::detail
