#include "sync/list_side.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/namespaces.hpp"
#include "migration/deletions.hpp"

namespace tandem::sync {
namespace {

namespace response = imap::response;
using net::Task;

bool has_attribute(const response::List& entry, std::string_view attribute) {
  return std::ranges::any_of(entry.attributes,
                             [&](const std::string& one) { return iequals(one, attribute); });
}

// Without NAMESPACE: everything below INBOX means that INBOX is the prefix (old Courier, Cyrus).
Naming guess_naming(const std::vector<net::ImapListed>& listed) {
  Naming naming;
  naming.delimiter = listed.empty() ? '/' : listed.front().entry.delimiter;
  bool below = false;
  for (const auto& [entry, status] : listed) {
    if (iequals(entry.name, "INBOX")) continue;
    const bool here = istarts_with(entry.name, std::string("INBOX") + entry.delimiter);
    if (!here) return naming;
    below = true;
  }
  if (below) naming.prefix = std::string("INBOX") + naming.delimiter;
  return naming;
}

Folder folder_from(const net::ImapListed& listed, const Naming& naming) {
  Folder folder;
  folder.name = listed.entry.name;
  folder.path = naming.path_of(folder.name);
  folder.status = listed.status;
  folder.selectable =
      !has_attribute(listed.entry, "\\NoSelect") && !has_attribute(listed.entry, "\\NonExistent");
  for (const std::string& attribute : listed.entry.attributes)
    if (const SpecialUse use = special_use_of(attribute); use != SpecialUse::none) folder.use = use;
  return folder;
}

using Statuses = std::map<std::string, response::MailboxStatus, std::less<>>;

Task<Result<Statuses>> statuses_by_name(net::ImapClient& client, std::vector<std::string> names,
                                        imap::StatusItems items) {
  Statuses by_name;
  if (names.empty()) co_return by_name;
  auto statuses = co_await client.statuses(std::move(names), items);
  if (!statuses) {
    // A single folder that has no status does not spoil the others; the connection would.
    if (client.is_open()) co_return by_name;
    co_return fail(statuses.error());
  }
  for (auto& status : *statuses) by_name[status.name] = std::move(status);
  co_return by_name;
}

void take_statuses(const Statuses& statuses, SideFolders& side) {
  for (Folder& folder : side.folders)
    if (const auto found = statuses.find(folder.name);
        found != statuses.end() && folder.selectable && !folder.status)
      folder.status = found->second;
}

Task<Result<void>> add_statuses(net::ImapClient& client, imap::StatusItems items,
                                SideFolders& side) {
  std::vector<std::string> names;
  for (const Folder& folder : side.folders)
    if (folder.selectable && !folder.status) names.push_back(folder.name);
  const auto statuses = co_await statuses_by_name(client, std::move(names), items);
  if (!statuses) co_return fail(statuses.error());
  take_statuses(*statuses, side);
  co_return Result<void>{};
}

}  // namespace

imap::StatusItems status_items(const net::ImapClient& client) {
  imap::StatusItems items = imap::status_messages | imap::status_uid_next |
                            imap::status_uid_validity | imap::status_unseen;
  if (client.has("CONDSTORE") || client.has("QRESYNC")) items |= imap::status_highest_modseq;
  return items;
}

Task<Result<SideFolders>> list_side(net::ImapClient& client, bool subscriptions,
                                    imap::StatusItems more, std::vector<std::string> ahead) {
  const imap::StatusItems items = status_items(client) | more;
  response::Namespace spaces;
  const bool has_namespaces = client.has("NAMESPACE") || client.has("IMAP4REV2");
  if (has_namespaces) {
    auto told = co_await client.namespaces();
    if (!told) co_return fail(told.error());
    spaces = std::move(*told);
  }
  auto early = co_await statuses_by_name(client, ahead, items);
  if (!early) co_return fail(early.error());
  imap::StatusItems with_list = 0;
  if (ahead.empty()) with_list = items;
  auto listed = co_await client.list("", "*", with_list);
  if (!listed) co_return fail(listed.error());
  SideFolders side;
  if (has_namespaces && !spaces.personal.empty()) {
    side.naming.prefix = spaces.personal.front().prefix;
    side.naming.delimiter = spaces.personal.front().delimiter;
  } else {
    side.naming = guess_naming(*listed);
  }
  std::set<std::string> subscribed;
  if (subscriptions) {
    auto told = co_await client.list_subscribed();
    if (!told && !client.is_open()) co_return fail(told.error());
    if (told)
      for (const auto& one : *told) subscribed.insert(one.entry.name);
  }
  std::set<std::string> seen;
  const Path quarantine(1, std::string(migration::quarantine_folder));
  for (const auto& one : *listed) {
    if (!seen.insert(one.entry.name).second) continue;
    Folder folder = folder_from(one, side.naming);
    if (imap::is_of_others(one.entry.name, spaces)) {
      side.of_others.push_back(std::move(folder));
      continue;
    }
    if (folder.path == quarantine) continue;
    side.folders.push_back(std::move(folder));
    side.folders.back().subscribed = subscribed.contains(one.entry.name);
  }
  take_statuses(*early, side);
  const auto added = co_await add_statuses(client, items, side);
  if (!added) co_return fail(added.error());
  co_return side;
}

}  // namespace tandem::sync
