// FolderPass: flags, merged three ways, stored where they are missing.
#include <algorithm>

#include "lib/base/log.hpp"
#include "sync/folder_pass.hpp"

namespace tandem::sync {
void StoreCommands::add(Uid uid, const Flags& add, const Flags& remove) {
  if (!add.empty()) kinds_[{imap::command::StoreAction::add, add.to_list()}].add(uid);
  if (!remove.empty()) kinds_[{imap::command::StoreAction::remove, remove.to_list()}].add(uid);
}

void StoreCommands::change(const Item& message, const Flags& now,
                           const std::vector<std::string>& permanent) {
  add(message.uid, permitted(minus(now, message.flags), permanent),
      permitted(minus(message.flags, now), permanent));
}

Task<Result<void>> StoreCommands::run(net::ImapClient& client, AccountId account) const {
  for (const auto& [kind, set] : kinds_) {
    const auto stored = co_await client.store(set, kind.action, kind.flags);
    if (stored) continue;
    if (is_fatal(stored.error())) co_return fail(stored.error());
    log::warning("W-SYNC-4", "account {}: flags in '{}' could not be changed: {}", account,
                 client.selected().name, stored.error().to_string());
  }
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::store(const Agreement& agreement) {
  auto stored = co_await agreement.at_home.run(home_, folder_.account);
  if (stored) stored = co_await agreement.on_mirror.run(mirror_, folder_.account);
  co_return stored;
}

Task<Result<void>> FolderPass::store_flags() {
  step_ = FolderStep::flagging;
  Agreement agreement;
  std::vector<std::pair<std::int64_t, Flags>> agreed;
  std::ranges::sort(diff_.flags, {}, &FlagChange::mirror);
  for (const FlagChange& change : diff_.flags) {
    const Flags home_add = permitted(change.home_add, home_scan_.permanent);
    const Flags home_remove = permitted(change.home_remove, home_scan_.permanent);
    const Flags mirror_add = permitted(change.mirror_add, mirror_scan_.permanent);
    const Flags mirror_remove = permitted(change.mirror_remove, mirror_scan_.permanent);
    agreement.at_home.add(change.home, home_add, home_remove);
    agreement.on_mirror.add(change.mirror, mirror_add, mirror_remove);
    agreed.emplace_back(change.row, change.now);
    if (!home_add.empty() || !home_remove.empty() || !mirror_add.empty() || !mirror_remove.empty())
      ++report_.flags_changed;
  }
  const auto stored = co_await store(agreement);
  if (!stored) co_return stored;
  co_return co_await context_.ledger.save_flags(std::move(agreed));
}

}  // namespace tandem::sync
