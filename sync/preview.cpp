// Sync as FolderPreviews: both sides are listed and paired by plan_folders(), as a pass would do it
// now; nothing is made and no row is written. It takes no lock: what a pass writes meanwhile shows
// the next time. Here alone the home side is asked with whom folders are shared (ACL).
#include "config/migration_settings.hpp"
#include "lib/net/both.hpp"
#include "lib/net/runtime.hpp"
#include "sync/list_side.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

using migration::FolderPreview;
using migration::PairedBy;
using migration::PlannedFolder;
using migration::WhyLeftOut;

namespace {

std::string line_of(const config::FolderMap* map) {
  return map == nullptr ? "" : map->from + " -> " + map->to;
}

PlannedFolder planned(const Folder& home) {
  PlannedFolder folder;
  folder.name = home.name;
  if (home.status) folder.messages = home.status->messages;
  return folder;
}

PlannedFolder planned(const FolderPair& pair) {
  PlannedFolder folder = planned(*pair.home);
  folder.other_name = pair.mirror_name;
  folder.exists = pair.mirror != nullptr;
  folder.by = pair.by;
  folder.change = pair.change;
  (pair.by == PairedBy::known ? folder.unheeded_line : folder.line) = line_of(pair.map);
  return folder;
}

PlannedFolder planned(const LeftOut& left_out) {
  PlannedFolder folder = planned(*left_out.home);
  folder.left_out = left_out.why;
  if (left_out.exclude != nullptr) folder.line = *left_out.exclude;
  return folder;
}

// A side that takes no mail gets no folders (AccountPass::plan).
FolderPreview preview_of(const FolderPlan& plan, const SideFolders& at_home, Side home,
                         bool takes_mail) {
  FolderPreview preview;
  preview.home = home;
  for (const FolderPair& pair : plan.pairs) {
    if (pair.mirror != nullptr || takes_mail)
      preview.folders.push_back(planned(pair));
    else
      preview.folders.push_back(planned(LeftOut{pair.home, WhyLeftOut::not_writable, nullptr}));
  }
  for (const LeftOut& one : plan.left_out) preview.folders.push_back(planned(one));
  for (const Folder& one : at_home.of_others)
    if (one.selectable)
      preview.folders.push_back(planned(LeftOut{&one, WhyLeftOut::of_others, nullptr}));
  return preview;
}

Task<void> add_sharing(net::ImapClient& client, migration::Account account,
                       FolderPreview& preview) {
  std::vector<std::string> names;
  for (const PlannedFolder& folder : preview.folders)
    if (!folder.left_out) names.push_back(folder.name);
  std::vector<std::string> own{account.address, account.login_at(preview.home).login};
  const auto found = co_await migration::look_at_sharing(client, std::move(names), std::move(own));
  for (PlannedFolder& folder : preview.folders)
    if (const auto at = found.find(folder.name); at != found.end() && !folder.left_out)
      folder.sharing = at->second;
}

}  // namespace

Task<Result<FolderPreview>> Sync::State::preview_folders(AccountId id) {
  Clients clients;
  const auto entered = co_await enter(id, PlaceFor::person, clients);
  if (!entered) co_return fail(entered.error());
  const auto found = known(id);
  if (!found) co_return fail(found.error());
  const auto& [account, migration] = *found;
  const auto opened = co_await open(account, clients);
  if (!opened) co_return fail(opened.error());
  const Side home = migration::home_of(account.phase);
  const Side mirror = migration::other(home);
  const auto [home_side, mirror_side] =
      co_await net::both(list_side(clients.at(home), false), list_side(clients.at(mirror), false));
  if (!home_side) co_return fail(home_side.error());
  if (!mirror_side) co_return fail(mirror_side.error());
  const auto rows = ledger.folders(id);
  if (!rows) co_return fail(rows.error());
  std::vector<KnownPair> pairs;
  for (const FolderRow& row : *rows) pairs.push_back({row.at(home).name, row.at(mirror).name});
  const auto plan = plan_folders(*home_side, *mirror_side, pairs, migration.sync, home);
  auto preview = preview_of(plan, *home_side, home, !access.is_pop3_only(account, mirror));
  co_await add_sharing(clients.at(home), account, preview);
  co_await end_snapshots(account, clients);
  co_return preview;
}

Task<Result<FolderPreview>> Sync::preview_folders(AccountId account) {
  std::function<Task<Result<FolderPreview>>()> work =
      std::bind_front(&State::preview_folders, state_.get(), account);
  co_return co_await net::run_on<Result<FolderPreview>>(state_->executor, std::move(work));
}

}  // namespace tandem::sync
