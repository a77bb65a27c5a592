// FolderPass: flags, merged three ways, stored where they are missing.
#include <algorithm>
#include <map>

#include "lib/base/log.hpp"
#include "sync/folder_pass.hpp"

namespace tandem::sync {
namespace {

// Changes of the same kind are one command.
struct Kind {
  imap::command::StoreAction action;
  std::vector<std::string> flags;
  auto operator<=>(const Kind&) const = default;
};
using Commands = std::map<Kind, imap::SequenceSet>;

void add_to(Commands& commands, Uid uid, const Flags& add, const Flags& remove) {
  if (!add.empty()) commands[{imap::command::StoreAction::add, add.to_list()}].add(uid);
  if (!remove.empty()) commands[{imap::command::StoreAction::remove, remove.to_list()}].add(uid);
}

}  // namespace

Task<Result<void>> FolderPass::store_flags() {
  step_ = FolderStep::flagging;
  Commands at_home;
  Commands on_mirror;
  std::vector<std::pair<std::int64_t, Flags>> agreed;
  std::ranges::sort(diff_.flags, {}, &FlagChange::mirror);
  for (const FlagChange& change : diff_.flags) {
    const Flags home_add = permitted(change.home_add, home_scan_.permanent);
    const Flags home_remove = permitted(change.home_remove, home_scan_.permanent);
    const Flags mirror_add = permitted(change.mirror_add, mirror_scan_.permanent);
    const Flags mirror_remove = permitted(change.mirror_remove, mirror_scan_.permanent);
    add_to(at_home, change.home, home_add, home_remove);
    add_to(on_mirror, change.mirror, mirror_add, mirror_remove);
    agreed.emplace_back(change.row, change.now);
    if (!home_add.empty() || !home_remove.empty() || !mirror_add.empty() || !mirror_remove.empty())
      ++report_.flags_changed;
  }
  for (net::ImapClient* client : {&home_, &mirror_}) {
    for (const auto& [kind, set] : client == &home_ ? at_home : on_mirror) {
      const auto stored = co_await client->store(set, kind.action, kind.flags);
      if (stored) continue;
      if (is_fatal(stored.error())) co_return fail(stored.error());
      log::warning("W-SYNC-4", "account {}: flags in '{}' could not be changed: {}",
                   folder_.account, client->selected().name, stored.error().to_string());
    }
  }
  co_return co_await context_.ledger.save_flags(std::move(agreed));
}

}  // namespace tandem::sync
