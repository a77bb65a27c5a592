#include "migration/views.hpp"

#include <array>
#include <cstddef>
#include <utility>

namespace tandem::migration {
namespace {

constexpr std::array<std::string_view, 8> copy_state_names = {
    "waiting", "checking", "copying", "in-sync", "in-sync-notes", "needs-you", "paused", "failed"};
static_assert(copy_state_names.size() == static_cast<std::size_t>(CopyState::failed) + 1);

}  // namespace

std::string_view name_of(CopyState state) {
  return copy_state_names[static_cast<std::size_t>(state)];
}

void EventBus::publish(const Event& event) const {
  std::vector<Listener> listeners;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, listener] : listeners_) listeners.push_back(listener);
  }
  for (const auto& listener : listeners) listener(event);
}

std::uint64_t EventBus::subscribe(Listener listener) {
  const std::lock_guard lock(mutex_);
  listeners_.emplace(next_, std::move(listener));
  return next_++;
}

void EventBus::unsubscribe(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(id);
}

}  // namespace tandem::migration
