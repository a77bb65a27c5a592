#include "server/mailbox/change_bus.hpp"

#include <utility>

#include <boost/asio/post.hpp>

namespace tandem::server {

// `call` is touched on the subscriber's thread only; `pending` tells that a call is on its way.
struct ChangeBus::Subscriber {
  net::Executor executor;
  std::function<void()> call;
  std::atomic<bool> pending{false};
};

ChangeBus::Subscription::~Subscription() {
  end();
}
ChangeBus::Subscription::Subscription(Subscription&& other) noexcept
    : bus_(std::exchange(other.bus_, nullptr)),
      box_(other.box_),
      subscriber_(std::move(other.subscriber_)) {}
ChangeBus::Subscription& ChangeBus::Subscription::operator=(Subscription&& other) noexcept {
  if (this == &other) return *this;
  end();
  bus_ = std::exchange(other.bus_, nullptr);
  box_ = other.box_;
  subscriber_ = std::move(other.subscriber_);
  return *this;
}

void ChangeBus::Subscription::end() {
  if (bus_ == nullptr) return;
  subscriber_->call = nullptr;
  const std::lock_guard lock(bus_->mutex_);
  const auto found = bus_->subscribers_.find(box_);
  std::erase(found->second, subscriber_);
  if (found->second.empty()) bus_->subscribers_.erase(found);
  bus_ = nullptr;
}

ChangeBus::Subscription ChangeBus::subscribe(std::int64_t box, net::Executor executor,
                                             std::function<void()> call) {
  Subscription subscription;
  subscription.bus_ = this;
  subscription.box_ = box;
  subscription.subscriber_ = std::make_shared<Subscriber>();
  subscription.subscriber_->executor = std::move(executor);
  subscription.subscriber_->call = std::move(call);
  const std::lock_guard lock(mutex_);
  subscribers_[box].push_back(subscription.subscriber_);
  return subscription;
}

void ChangeBus::publish(std::int64_t box) {
  const std::lock_guard lock(mutex_);
  const auto found = subscribers_.find(box);
  if (found == subscribers_.end()) return;
  for (const auto& subscriber : found->second) {
    if (subscriber->pending.exchange(true)) continue;
    boost::asio::post(subscriber->executor, [subscriber] {
      subscriber->pending = false;
      if (subscriber->call) subscriber->call();
    });
  }
}

}  // namespace tandem::server
