// ChangeBus: "mailbox N has changed", from whoever committed the change to every session that has
// it selected, across io threads. What changed is not said: a session reads it from the store,
// where it is consistent. Many changes in a row wake a session once.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "lib/net/task.hpp"

namespace tandem::server {

class ChangeBus {
  struct Subscriber;

 public:
  // Unsubscribes when it goes; only on the subscriber's own thread.
  class Subscription {
   public:
    Subscription() = default;
    ~Subscription();
    Subscription(Subscription&&) noexcept;
    Subscription& operator=(Subscription&&) noexcept;

   private:
    friend class ChangeBus;
    void end();
    ChangeBus* bus_ = nullptr;
    std::int64_t box_ = 0;
    std::shared_ptr<Subscriber> subscriber_;
  };

  // `call` runs on `executor` (one io_context's) some time after each publish, until the
  // subscription goes. The bus must outlive the subscription.
  [[nodiscard]] Subscription subscribe(std::int64_t box, net::Executor executor,
                                       std::function<void()> call);
  // Any thread.
  void publish(std::int64_t box);

 private:
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::vector<std::shared_ptr<Subscriber>>> subscribers_;
};

}  // namespace tandem::server
