#include "proxy/gateway/lately.hpp"

namespace tandem::gateway {
namespace {

constexpr std::size_t kept = 4096;  // the oldest have long been durable

}  // namespace

void Lately::answer_read(const Promise& promise) {
  const std::lock_guard lock(mutex_);
  read_order_.push_back(promise.trace + promise.replay);
  read_.insert(read_order_.back());
  if (read_order_.size() <= kept) return;
  read_.erase(read_order_.front());
  read_order_.pop_front();
}

bool Lately::was_read(const RecipientRecord& recipient) const {
  const std::lock_guard lock(mutex_);
  return read_.contains(recipient.trace + recipient.replay);
}

void Lately::add(const std::vector<RecipientRecord>& recipients) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : recipients) {
    const bool fresh = by_replay_.insert_or_assign(one.replay, one).second;
    if (fresh) order_.push_back(one.replay);
  }
  while (order_.size() > kept) {
    by_replay_.erase(order_.front());
    order_.pop_front();
  }
}

void Lately::forget(const std::vector<RecipientRecord>& recipients) {
  const std::lock_guard lock(mutex_);
  for (const auto& one : recipients) {
    by_replay_.erase(one.replay);
    std::erase(order_, one.replay);
  }
}

std::optional<RecipientRecord> Lately::with(const std::string& replay) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_replay_.find(replay);
  if (found == by_replay_.end()) return std::nullopt;
  return found->second;
}

}  // namespace tandem::gateway
