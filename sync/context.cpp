#include "sync/context.hpp"

#include <algorithm>

namespace tandem::sync {

std::optional<Board::Shown> Board::find(AccountId account) const {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(account);
  if (found == shown_.end()) return std::nullopt;
  return found->second;
}

void Board::put(AccountId account, Shown shown) {
  const std::lock_guard lock(mutex_);
  shown_[account] = std::move(shown);
}

void Board::count(AccountId account, std::size_t folder, std::uint64_t messages,
                  std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(account);
  if (found == shown_.end()) return;
  found->second.progress.messages_done += messages;
  found->second.progress.bytes_done += bytes;
  if (folder < found->second.folders.size())
    found->second.folders[folder].target_messages += messages;
}

void Board::waited(AccountId account, Side side, Duration time) {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(account);
  if (found == shown_.end()) return;
  auto& waited = found->second.progress.waited;
  waited[static_cast<std::size_t>(side)] += std::max(time, Duration::zero());
  while (waited[0] + waited[1] > std::chrono::minutes(2))
    for (Duration& one : waited) one /= 2;
}

void Board::set_state(AccountId account, migration::CopyState state) {
  const std::lock_guard lock(mutex_);
  auto& progress = shown_[account].progress;
  progress.account = account;
  progress.state = state;
}

void Board::correct_bytes(AccountId account, std::size_t folder, std::uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(account);
  if (found == shown_.end() || folder >= found->second.folders.size()) return;
  auto& estimate = found->second.folders[folder].source_bytes;
  auto& total = found->second.progress.bytes_total;
  total = total - std::min(total, std::exchange(estimate, bytes)) + bytes;
}

void Board::set_quotas(AccountId account, std::vector<migration::DailyQuota> quotas) {
  const std::lock_guard lock(mutex_);
  const auto found = shown_.find(account);
  if (found != shown_.end()) found->second.progress.quotas = std::move(quotas);
}

unsigned Suspects::count(std::int64_t folder, Side source, Uid uid) const {
  const auto found = counts_.find({folder, source, uid});
  return found == counts_.end() ? 0 : found->second;
}

void Suspects::raise(std::int64_t folder, Side source, const std::vector<Uid>& uids) {
  for (const Uid uid : uids) ++counts_[{folder, source, uid}];
}

void Suspects::clear(std::int64_t folder, Side source, const std::vector<Uid>& uids) {
  if (counts_.empty()) return;
  for (const Uid uid : uids) counts_.erase({folder, source, uid});
}

std::size_t Suspects::batch_size(unsigned count, std::size_t usual) {
  for (; count > 0; --count) usual /= 8;
  return std::max<std::size_t>(usual, 1);
}

Flags KeptFlags::of(AccountId account, Side side) const {
  Flags flags;
  const auto found = kept_.find({account, side});
  if (found != kept_.end()) flags.system = found->second;
  return flags;
}

void KeptFlags::add(AccountId account, Side side, const Flags& kept) {
  if (kept.system != 0) kept_[{account, side}] |= kept.system;
}

Context Context::until(const bool& halted) const {
  return {ledger, locks, options, clock, events, board, suspects, waits, kept_flags, halted};
}

std::unexpected<Error> stopped() {
  return fail(ErrorKind::cancelled, "the sync was stopped");
}

}  // namespace tandem::sync
