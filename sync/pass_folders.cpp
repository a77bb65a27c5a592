// AccountPass: folders that were renamed or removed. A rename is recognised by the UIDVALIDITY,
// where a server gives each folder its own: at home it is done on the mirror too; on the mirror it
// is only noted. What was in a home folder that is gone may turn up elsewhere, message by message.
#include <algorithm>

#include "lib/base/log.hpp"
#include "sync/list_side.hpp"
#include "sync/pass.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {
namespace {

// The only folder that has the row's UIDVALIDITY and may be it; null if there is none or several.
const Folder* same_folder(const SideFolders& side, const FolderSide& row) {
  const Folder* found = nullptr;
  if (row.validity == 0) return nullptr;
  for (const Folder& folder : side.folders) {
    if (!folder.status || folder.status->uid_validity != row.validity) continue;
    if (found != nullptr || folder.status->uid_next < row.next) return nullptr;
    found = &folder;
  }
  return found;
}

bool is_known(const std::vector<FolderRow>& rows, Side side, const std::string& name) {
  return std::ranges::any_of(rows, [&](const FolderRow& row) { return row.at(side).name == name; });
}

}  // namespace

Task<Result<void>> AccountPass::follow_renames() {
  const Side mirror_side = migration::other(settings_.home);
  auto rows = context_.ledger.folders(account_);
  if (!rows) co_return fail(rows.error());
  std::ranges::sort(*rows, {}, [&](const FolderRow& row) { return row.at(settings_.home).name; });
  for (FolderRow& row : *rows) {
    const std::string home_name = row.at(settings_.home).name;
    if (mirror_side_.find(row.at(mirror_side).name) == nullptr) {
      const Folder* found = same_folder(mirror_side_, row.at(mirror_side));
      if (found != nullptr && !is_known(*rows, mirror_side, found->name)) {
        row.at(mirror_side).name = found->name;
        const auto saved = co_await context_.ledger.rename_folder(row);
        if (!saved) co_return saved;
      }
    }
    if (home_side_.find(home_name) != nullptr) continue;
    const Folder* found = same_folder(home_side_, row.at(settings_.home));
    if (found == nullptr || is_known(*rows, settings_.home, found->name)) {
      const auto marked = co_await context_.ledger.mark_folder_gone(row.id, settings_.home);
      if (!marked) co_return marked;
      continue;
    }
    const auto followed = co_await follow_home(row, *found, known_but(*rows, row.id));
    if (!followed) co_return followed;
    const auto listed = co_await list();  // what was below it has another name too
    if (!listed) co_return listed;
  }
  co_return Result<void>{};
}

// The names of all rows but one.
std::vector<KnownPair> AccountPass::known_but(const std::vector<FolderRow>& rows,
                                              std::int64_t id) const {
  std::vector<KnownPair> known;
  for (const FolderRow& row : rows)
    if (row.id != id) known.push_back({row.at(settings_.home).name, row.at(mirror_side()).name});
  return known;
}

// Renames the mirror's folder as home's was, if the new name is free there and in the ledger.
Task<Result<void>> AccountPass::follow_home(FolderRow& row, const Folder& renamed,
                                            std::vector<KnownPair> others) {
  const Side mirror_side = migration::other(settings_.home);
  row.at(settings_.home).name = renamed.name;
  std::string name;
  for (const FolderPair& pair :
       pair_folders(home_side_, mirror_side_, others, sync_, settings_.home))
    if (pair.home->name == renamed.name && pair.mirror == nullptr) name = pair.mirror_name;
  if (!name.empty() && mirror_side_.find(row.at(mirror_side).name) == nullptr) {
    row.at(mirror_side).name = name;  // it is made anew
  } else if (!name.empty()) {
    const auto done = co_await mirror_.rename(row.at(mirror_side).name, name);
    if (!done && is_fatal(done.error())) co_return done;
    if (done) {
      row.at(mirror_side).name = name;
      row.subscribed = false;
    } else {
      log::warning("W-SYNC-9", "account {}: '{}' could not be renamed to '{}': {}", account_,
                   row.at(mirror_side).name, name, done.error().to_string());
    }
  }
  co_return co_await context_.ledger.rename_folder(row);
}

}  // namespace tandem::sync
