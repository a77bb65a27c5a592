#include "proxy/session/roster.hpp"

#include <algorithm>

#include <boost/asio/this_coro.hpp>

#include "lib/net/post.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/timer.hpp"

namespace tandem::session {

using migration::AccountId;

namespace {

// Sessions that were cut end at once; their thread only has to run.
constexpr Duration cut_limit = std::chrono::seconds(2);

bool all_gone(const std::vector<std::shared_ptr<Guest>>& guests) {
  return std::ranges::all_of(guests, [](const auto& guest) { return guest->gone(); });
}

Task<void> wait_gone(const std::vector<std::shared_ptr<Guest>>& guests, net::RemoteNotifier left,
                     Duration limit) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const Clock& clock = net::clock_of(executor);
  const SteadyTime end = clock.steady() + limit;
  while (!all_gone(guests)) {
    const Duration rest = end - clock.steady();
    if (rest <= Duration(0)) co_return;
    const bool rung = co_await left.wait_for(rest);
    if (!rung && clock.steady() < end) co_return;  // cancelled
  }
}

}  // namespace

void Guest::kick() {
  net::post_to(executor_, [self = shared_from_this()] {
    self->kicked_ = true;
    if (self->session_ != nullptr) self->session_->kick();
  });
}

void Guest::cut() {
  net::post_to(executor_, [self = shared_from_this()] {
    self->kicked_ = true;
    if (self->session_ != nullptr) self->session_->cut();
  });
}

Roster::Place& Roster::Place::operator=(Place&& other) noexcept {
  if (this == &other) return *this;
  leave();
  roster_ = other.roster_;
  guest_ = std::move(other.guest_);
  return *this;
}

void Roster::Place::leave() {
  if (guest_) roster_->leave(guest_);
  guest_.reset();
}

std::optional<Roster::Place> Roster::enter(AccountId account, net::Executor executor) {
  const std::lock_guard lock(mutex_);
  if (holds_.contains(account)) return std::nullopt;
  auto guest = std::make_shared<Guest>(account, std::move(executor));
  guests_[account].push_back(guest);
  ++size_;
  return Place(*this, std::move(guest));
}

void Roster::leave(const std::shared_ptr<Guest>& guest) {
  const std::lock_guard lock(mutex_);
  guest->gone_.store(true);
  const auto found = guests_.find(guest->account());
  std::erase(found->second, guest);
  if (found->second.empty()) guests_.erase(found);
  --size_;
  for (const auto& [account, left] : draining_)
    if (account == guest->account()) left.notify();
}

void Roster::hold(AccountId account, Duration limit) {
  const std::lock_guard lock(mutex_);
  holds_[account].limit = limit;
}

void Roster::release(AccountId account) {
  const std::lock_guard lock(mutex_);
  const auto found = holds_.find(account);
  if (found == holds_.end()) return;
  for (const net::RemoteNotifier& waiting : found->second.waiting) waiting.notify();
  holds_.erase(found);
}

Task<bool> Roster::wait_released(AccountId account, Duration limit) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const net::RemoteNotifier released(executor);
  {
    const std::lock_guard lock(mutex_);
    const auto found = holds_.find(account);
    if (found == holds_.end()) co_return true;
    found->second.waiting.push_back(released);
    limit = std::min(limit, found->second.limit);
  }
  if (limit <= Duration(0)) co_return false;
  co_return co_await released.wait_for(limit);
}

Roster::Guests Roster::idle_first(AccountId account) const {
  const std::lock_guard lock(mutex_);
  const auto found = guests_.find(account);
  if (found == guests_.end()) return {};
  Guests guests = found->second;
  std::ranges::partition(guests, [](const auto& guest) { return guest->idle(); });
  return guests;
}

Task<std::size_t> Roster::drain(AccountId account, Duration limit, Duration pace) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const net::RemoteNotifier left(executor);
  {
    const std::lock_guard lock(mutex_);
    draining_.emplace_back(account, left);
  }
  const Guests guests = idle_first(account);
  for (const auto& guest : guests) {
    guest->kick();
    if (pace > Duration(0)) co_await net::sleep_for(pace);
  }
  co_await wait_gone(guests, left, limit);
  for (const auto& guest : guests)
    if (!guest->gone()) guest->cut();
  co_await wait_gone(guests, left, cut_limit);
  const std::lock_guard lock(mutex_);
  const auto mine =
      std::ranges::find(draining_, account, [](const auto& one) { return one.first; });
  draining_.erase(mine);
  co_return guests.size();
}

std::size_t Roster::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

}  // namespace tandem::session
