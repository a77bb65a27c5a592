#include "archive/load.hpp"

#include <fmt/core.h>
#include <utility>

#include "archive/found.hpp"
#include "archive/load_folder.hpp"
#include "lib/base/text.hpp"
#include "sync/list_side.hpp"
#include "sync/quiet.hpp"

namespace tandem::archive {
namespace {

using sync::Path;
using sync::SideFolders;

struct Target {
  const Found* from = nullptr;
  std::string name;
  bool exists = false;
};

// All below one folder: what was named, and the INBOX of a tree, is that folder itself.
std::vector<Target> below(const LoadOrder& order, const std::vector<Found>& found,
                          const SideFolders& there) {
  const std::string& folder = order.folder;
  std::vector<Target> targets;
  for (const Found& one : found) {
    Path path = there.naming.path_of(folder);
    const bool itself = one.place == order.from || one.path == Path{"INBOX"};
    if (!itself) path.insert(path.end(), one.path.begin(), one.path.end());
    const std::string name = itself ? folder : there.naming.name_of(path);
    targets.push_back({&one, name, there.find(name) != nullptr});
  }
  return targets;
}

// As the sync pairs folders: special ones by their use, the others by their paths.
std::vector<Target> by_names(const std::vector<Found>& found, const SideFolders& there) {
  SideFolders files;
  for (const Found& one : found) {
    sync::Folder& folder = files.folders.emplace_back();
    folder.path = one.path;
    folder.name = files.naming.name_of(one.path);
  }
  const auto pairs =
      sync::pair_folders(files, there, {}, config::SyncSettings(), migration::Side::old_side);
  std::vector<Target> targets;
  for (const sync::FolderPair& pair : pairs)
    targets.push_back({&found[static_cast<std::size_t>(pair.home - files.folders.data())],
                       pair.mirror_name, pair.mirror != nullptr && pair.mirror->selectable});
  return targets;
}

Task<Result<void>> make_and_open(net::ImapClient& client, const Target& target) {
  if (!target.exists) {
    const auto made = co_await client.create(target.name);
    // It may have come into being with a folder below it.
    if (!made && made.error().kind != ErrorKind::conflict) co_return made;
    std::vector<std::string> names(1, target.name);
    const auto subscribed = co_await client.subscribe(std::move(names));
    if (!subscribed) co_return subscribed;
  }
  const auto opened = co_await client.select(target.name);
  if (!opened) co_return fail(opened.error());
  co_return Result<void>{};
}

Task<Result<void>> load_one(net::ImapClient& client, const Target& target, Report& report) {
  const auto opened = co_await make_and_open(client, target);
  if (!opened && !client.is_open()) co_return opened;
  if (!opened) {
    report.problems.push_back({target.name, target.from->place, reason_of(opened.error()),
                               "Load it with --folder into a folder that the server has."});
    co_return Result<void>{};
  }
  const auto box = open_found(*target.from);
  if (!box) co_return fail(box.error());
  co_return co_await load_folder(client, **box, target.from->place, report);
}

}  // namespace

Task<Result<void>> load_account(const migration::SideAccess& access, LoadOrder order,
                                Report& report) {
  const auto found = find_folders(order.from, report);
  if (!found) co_return fail(found.error());
  const auto client = co_await access.open_imap(order.account, order.side);
  if (!client) co_return fail(client.error());
  if (order.settle) {
    const auto settled = co_await sync::wait_until_quiet(**client, *order.settle);
    if (!settled) co_return fail(settled.error());
  }
  const auto there = co_await sync::list_side(**client, false);
  if (!there) co_return fail(there.error());
  std::vector<Target> targets;
  if (order.folder.empty())
    targets = by_names(*found, *there);
  else
    targets = below(order, *found, *there);
  for (const Target& target : targets) {
    const auto done = co_await load_one(**client, target, report);
    if (!done) {
      Error error = done.error();
      error.what = fmt::format("{}, folder {}: {}", order.account.address, printable(target.name),
                               error.what);
      if (error.next_step.empty())
        error.next_step = "Run the same command again: what has arrived is not loaded twice.";
      co_return fail(std::move(error));
    }
  }
  (void)co_await (*client)->logout();
  co_return Result<void>{};
}

}  // namespace tandem::archive
