#include "webui/live.hpp"

#include <fmt/core.h>
#include <utility>

#include "lib/base/text.hpp"

namespace tandem::webui {
namespace {
constexpr std::size_t most_deliveries = 200;
}

Live::Live() : start_(hex_encode(random_bytes(6))) {}

void Live::account(migration::AccountId account) {
  changed({Change::Kind::account, account, ""});
}
void Live::delivery(const std::string& trace_id) {
  changed({Change::Kind::delivery, 0, trace_id});
}
void Live::run(const std::string& id) {
  changed({Change::Kind::run, 0, id});
}

void Live::changed(Key key) {
  // Under the lock, so that a listener is not called after unlisten().
  const std::lock_guard lock(mutex_);
  const auto [place, is_new] = numbers_.try_emplace(key, 0);
  if (!is_new) by_number_.erase(place->second);
  place->second = ++number_;
  if (is_new && key.kind == Change::Kind::delivery && ++deliveries_ > most_deliveries)
    forget_oldest_delivery();
  by_number_.emplace(number_, std::move(key));
  for (const auto& [id, wake] : listeners_) wake();
}

void Live::forget_oldest_delivery() {
  for (auto one = by_number_.begin(); one != by_number_.end(); ++one) {
    if (one->second.kind != Change::Kind::delivery) continue;
    numbers_.erase(one->second);
    by_number_.erase(one);
    --deliveries_;
    return;
  }
}

std::uint64_t Live::number() const {
  const std::lock_guard lock(mutex_);
  return number_;
}

Changes Live::since(std::uint64_t number) const {
  const std::lock_guard lock(mutex_);
  Changes changes{.list = {}, .number = number_};
  for (auto one = by_number_.upper_bound(number); one != by_number_.end(); ++one)
    changes.list.push_back({one->first, one->second.kind, one->second.account, one->second.id});
  return changes;
}

std::string Live::id_of(std::uint64_t number) const {
  return fmt::format("{}.{}", start_, number);
}

std::optional<std::uint64_t> Live::number_in(std::string_view last_event_id) const {
  const auto dot = last_event_id.find('.');
  if (dot == last_event_id.npos || last_event_id.substr(0, dot) != start_) return std::nullopt;
  const auto number = parse_number(last_event_id.substr(dot + 1));
  if (!number || *number > this->number()) return std::nullopt;
  return *number;
}

std::uint64_t Live::listen(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  listeners_.emplace(next_listener_, std::move(wake));
  return next_listener_++;
}

void Live::unlisten(std::uint64_t listener) {
  const std::lock_guard lock(mutex_);
  listeners_.erase(listener);
}

}  // namespace tandem::webui
