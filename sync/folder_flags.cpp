// FolderPass: flags, merged three ways, stored where they are missing.
#include <algorithm>

#include "lib/base/log.hpp"
#include "sync/folder_pass.hpp"
#include "sync/labels.hpp"

namespace tandem::sync {

Storable storable_in(const net::ImapClient& client) {
  const net::ImapMailbox& open = client.selected();
  Storable storable;
  storable.named = open.permanent_flags;
  // An empty list would mean that everything can be stored.
  if (open.read_only) storable.named.assign(1, "\\Recent");
  storable.deleted = !has_labels(client);
  return storable;
}

void StoreCommands::add(Uid uid, const Flags& add, const Flags& remove) {
  if (!add.empty()) kinds_[{imap::command::StoreAction::add, add.to_list()}].add(uid);
  if (!remove.empty()) kinds_[{imap::command::StoreAction::remove, remove.to_list()}].add(uid);
}

void StoreCommands::change(const Item& message, const Flags& now, const Storable& storable) {
  add(message.uid, permitted(minus(now, message.flags), storable),
      permitted(minus(message.flags, now), storable));
}

void Unstored::note(const imap::SequenceSet& uids, imap::command::StoreAction action,
                    const std::string& flag) {
  std::map<Uid, Flags>& refused = action == imap::command::StoreAction::add ? added : removed;
  for (const auto [first, last] : uids.ranges())
    for (std::uint64_t uid = first; uid <= last; ++uid) refused[static_cast<Uid>(uid)].add(flag);
}

Flags Unstored::correct(Uid uid, const Flags& wanted) const {
  Flags flags = wanted;
  if (const auto lacks = added.find(uid); lacks != added.end()) flags = minus(flags, lacks->second);
  if (const auto keeps = removed.find(uid); keeps != removed.end())
    flags = unite(flags, keeps->second);
  return flags;
}

// One flag that a server does not know holds up no other.
Task<Result<Unstored>> StoreCommands::run(net::ImapClient& client, AccountId account) const {
  Unstored refused;
  for (const auto& [kind, set] : kinds_) {
    auto stored = co_await client.store(set, kind.action, kind.flags);
    if (stored) continue;
    if (is_fatal(stored.error())) co_return fail(stored.error());
    const bool several = kind.flags.size() > 1;
    for (const std::string& flag : kind.flags) {
      const std::vector<std::string> alone(1, flag);
      if (several) stored = co_await client.store(set, kind.action, alone);
      if (stored) continue;
      if (is_fatal(stored.error())) co_return fail(stored.error());
      refused.note(set, kind.action, flag);
      log::warning("W-SYNC-4", "account {}: '{}' in '{}' could not be changed: {}", account, flag,
                   client.selected().name, stored.error().to_string());
    }
  }
  co_return refused;
}

Task<Result<FolderPass::Refusals>> FolderPass::store(const Agreement& agreement) {
  Refusals refused;
  auto stored = co_await agreement.at_home.run(home_, folder_.account);
  if (!stored) co_return fail(stored.error());
  refused.at_home = std::move(*stored);
  stored = co_await agreement.on_mirror.run(mirror_, folder_.account);
  if (!stored) co_return fail(stored.error());
  refused.on_mirror = std::move(*stored);
  co_return refused;
}

Task<Result<void>> FolderPass::store_flags() {
  step_ = FolderStep::flagging;
  Agreement agreement;
  std::ranges::sort(diff_.flags, {}, &FlagChange::mirror);
  for (const FlagChange& change : diff_.flags) {
    const Flags home_add = permitted(change.home_add, home_scan_.storable);
    const Flags home_remove = permitted(change.home_remove, home_scan_.storable);
    const Flags mirror_add = permitted(change.mirror_add, mirror_scan_.storable);
    const Flags mirror_remove = permitted(change.mirror_remove, mirror_scan_.storable);
    agreement.at_home.add(change.home, home_add, home_remove);
    agreement.on_mirror.add(change.mirror, mirror_add, mirror_remove);
    if (!home_add.empty() || !home_remove.empty() || !mirror_add.empty() || !mirror_remove.empty())
      ++report_.flags_changed;
  }
  const auto refused = co_await store(agreement);
  if (!refused) co_return fail(refused.error());
  std::vector<std::pair<std::int64_t, Flags>> agreed;
  for (const FlagChange& change : diff_.flags)
    agreed.emplace_back(change.row, refused->correct(change.home, change.mirror, change.now));
  co_return co_await context_.ledger.save_flags(std::move(agreed));
}

}  // namespace tandem::sync
