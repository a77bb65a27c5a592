// Sync as CopyView: what people see, from the board while passes run, else from the ledger.
#include <algorithm>

#include "sync/size.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

using migration::CopyProgress;
using migration::CopyState;
using migration::FolderProgress;

namespace {

Side home_side(const migration::Registry& registry, AccountId account) {
  const auto routes = registry.routes();
  const migration::Account* found = routes->account(account);
  return found == nullptr ? Side::old_side : migration::home_of(found->phase);
}

// What the account's own entry, or another process, makes of it.
void overrule(const Sync::State& state, AccountId id, CopyProgress& progress) {
  const auto routes = state.registry.routes();
  const migration::Account* account = routes->account(id);
  if (account == nullptr) return;
  if (account->paused) progress.state = CopyState::paused;
  if (migration::is_left_alone(*account)) return;
  const auto other = state.leases.holder(id);
  if (!other) return;
  progress.state = CopyState::waiting;
  progress.problem = migration::in_use_by(*other);
  progress.server_words.clear();
  progress.next_step = migration::goes_on_after(*other);
  progress.pause.reset();
}

// As the last pass left it, for an account that no pass of this process has touched.
Board::Shown from_ledger(const Ledger& ledger, AccountId account, Side home) {
  Board::Shown shown;
  CopyProgress& progress = shown.progress;
  progress.account = account;
  if (const auto row = ledger.account(account)) {
    progress.state = row->state;
    progress.problem = row->problem;
    progress.server_words = row->server_words;
    progress.next_step = row->next_step;
    progress.in_sync_at = row->in_sync_at;
  }
  if (const auto folders = ledger.folders(account)) {
    std::vector<Size> sizes;
    for (const FolderRow& folder : *folders) {
      const std::uint64_t messages = folder.at(home).messages;
      const std::uint64_t matched = std::min(folder.at(home).matched, messages);
      const std::string& mirror = folder.at(migration::other(home)).name;
      shown.folders.push_back({folder.at(home).name, messages, matched, mirror});
      progress.messages_total += messages;
      progress.messages_done += matched;
      progress.bytes_done += folder.bytes_done;
      Size size;
      size.messages_left = messages - matched;
      size.bytes_done = folder.bytes_done;
      size.bytes = std::max(folder.bytes, folder.bytes_done);
      sizes.push_back(size);
    }
    estimate(sizes, progress.messages_done);
    for (std::size_t at = 0; at < sizes.size(); ++at)
      progress.bytes_total += shown.folders[at].source_bytes = sizes[at].bytes;
  }
  if (const auto skipped = ledger.count_skipped(account)) progress.skipped = *skipped;
  return shown;
}

}  // namespace

CopyProgress Sync::progress(AccountId account) const {
  auto shown = state_->board.find(account);
  if (!shown) shown = from_ledger(state_->ledger, account, home_side(state_->registry, account));
  // Also while a first pass logs in.
  if (shown->progress.quotas.empty()) shown->progress.quotas = state_->quotas(account);
  overrule(*state_, account, shown->progress);
  return shown->progress;
}

std::vector<FolderProgress> Sync::folders(AccountId account) const {
  auto shown = state_->board.find(account);
  if (!shown || shown->folders.empty())
    shown = from_ledger(state_->ledger, account, home_side(state_->registry, account));
  return shown->folders;
}

}  // namespace tandem::sync
