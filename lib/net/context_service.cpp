#include "lib/net/context_service.hpp"

#include <chrono>

#include <boost/asio/post.hpp>
#include <boost/asio/query.hpp>

namespace tandem::net::detail {

void Link::unlink() {
  next->previous = previous;
  previous->next = next;
  next = previous = this;
}

void Link::insert_before(Link& node) {
  node.unlink();
  node.next = this;
  node.previous = previous;
  previous->next = &node;
  previous = &node;
}

void Waiter::wake(Wake reason) {
  ListLink::unlink();
  ContextLink::unlink();
  if (!resume) return;
  auto call = std::move(resume);
  resume = nullptr;
  boost::asio::post(executor, [call = std::move(call), reason]() mutable { call(reason); });
}

boost::asio::execution_context::id ContextService::id;

ContextService::ContextService(boost::asio::execution_context& context)
    : service(context),
      clock_(&system_clock()),
      timer_(static_cast<boost::asio::io_context&>(context).get_executor()) {}

ContextService& ContextService::of(const Executor& executor) {
  auto& context = boost::asio::query(executor, boost::asio::execution::context);
  return boost::asio::use_service<ContextService>(context);
}

// A coroutine that still waits when its context goes is destroyed with it, as Asio does for its
// own.
void ContextService::shutdown() {
  timer_.cancel();
  while (waiters_.linked()) {
    auto& waiter = static_cast<Waiter&>(static_cast<ContextLink&>(*waiters_.next));
    static_cast<ContextLink&>(waiter).unlink();
    const auto dying = std::move(waiter.resume);
  }
}

ContextService::Queue::iterator ContextService::insert(SteadyTime due, Timer* timer) {
  const auto entry = queue_.emplace(due, timer);
  if (due < scheduled_) schedule();
  return entry;
}

void ContextService::erase(Queue::iterator entry) {
  queue_.erase(entry);
  if (queue_.empty() && scheduled_ != SteadyTime::max()) {  // an idle context must be able to end
    scheduled_ = SteadyTime::max();
    timer_.cancel();
  }
}

void ContextService::use_clock(const Clock& clock, bool manual) {
  clock_ = &clock;
  manual_ = manual;
}

SteadyTime ContextService::next_due() const {
  return queue_.empty() ? SteadyTime::max() : queue_.begin()->first;
}

bool ContextService::fire_due() {
  const SteadyTime now = clock_->steady();
  bool any = false;
  while (!queue_.empty() && queue_.begin()->first <= now) {
    Timer* timer = queue_.begin()->second;
    queue_.erase(queue_.begin());
    timer->armed_ = false;
    any = true;
    timer->call_();
  }
  return any;
}

void ContextService::schedule() {
  if (manual_ || queue_.empty()) return;
  scheduled_ = queue_.begin()->first;
  timer_.expires_at(std::chrono::steady_clock::time_point(scheduled_) + Duration(1));
  timer_.async_wait([this](const boost::system::error_code& error) { on_timer(error); });
}

void ContextService::on_timer(const boost::system::error_code& error) {
  if (error) return;  // rescheduled
  scheduled_ = SteadyTime::max();
  fire_due();
  if (scheduled_ == SteadyTime::max()) schedule();
}

}  // namespace tandem::net::detail
