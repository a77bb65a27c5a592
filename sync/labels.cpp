#include "sync/labels.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/core.h>
#include <set>
#include <span>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/net/wait.hpp"
#include "migration/deletion_reasons.hpp"
#include "sync/copy.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view attribute = "X-GM-MSGID";
constexpr std::size_t at_once = 2000;
constexpr std::size_t searched_at_once = 40;

// An unsigned number of 64 bits; 0: it is none.
std::uint64_t message_id_from(std::string_view text) {
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? id : 0;
}

class Ids final : public net::ImapHandler {
 public:
  std::vector<Label> labels;
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    for (const auto& [name, value] : message.other) {
      const std::uint64_t id = iequals(name, attribute) ? message_id_from(value) : 0;
      if (id != 0 && message.uid != 0) labels.push_back({message.uid, id});
    }
    co_return Result<void>{};
  }
};

imap::FetchAttributes ids_wanted() {
  imap::FetchAttributes attributes;
  attributes.uid = true;
  attributes.extra.emplace_back(attribute);
  return attributes;
}

// Asks for the ids of those that the ledger has none of, and writes them down.
Task<Result<void>> learn_ids(Context& context, const FolderRow& folder, net::ImapClient& source,
                             Side side, std::vector<Uid> uids) {
  const auto unknown = context.ledger.without_label(folder.id, side, uids);
  if (!unknown) co_return fail(unknown.error());
  if (unknown->empty()) co_return Result<void>{};
  Ids ids;
  imap::SequenceSet set = set_of(*unknown);
  const auto fetched = co_await source.fetch(set, ids_wanted(), ids);
  if (!fetched && is_fatal(fetched.error())) co_return fail(fetched.error());
  if (!fetched)
    log::warning("W-SYNC-12", "account {}: the ids of the messages in '{}' were not told: {}",
                 folder.account, folder.at(side).name, fetched.error().to_string());
  co_return co_await context.ledger.save_labels(folder.id, side, std::move(ids.labels));
}

std::vector<Uid> some_of(const std::vector<Uid>& uids, std::size_t from) {
  const auto first = uids.begin() + static_cast<std::ptrdiff_t>(from);
  return {first, first + static_cast<std::ptrdiff_t>(std::min(at_once, uids.size() - from))};
}

// Any of them: "OR X-GM-MSGID 1 OR X-GM-MSGID 2 X-GM-MSGID 3".
std::string any_of(std::span<const std::uint64_t> ids) {
  std::string criteria;
  for (std::size_t at = 0; at < ids.size(); ++at) {
    if (at > 0) criteria += ' ';
    if (at + 1 < ids.size()) criteria += "OR ";
    criteria += fmt::format("{} {}", attribute, ids[at]);
  }
  return criteria;
}

// Of these ids those that are in the open folder.
Task<Result<std::set<std::uint64_t>>> ids_there(net::ImapClient& client,
                                                std::vector<std::uint64_t> ids) {
  std::set<std::uint64_t> there;
  for (std::size_t at = 0; at < ids.size(); at += searched_at_once) {
    const std::size_t count = std::min(searched_at_once, ids.size() - at);
    const auto found = co_await client.search(any_of(std::span(ids).subspan(at, count)));
    if (!found) co_return fail(found.error());
    if (found->empty()) continue;
    Ids told;
    const auto fetched = co_await client.fetch(*found, ids_wanted(), told);
    if (!fetched) co_return fail(fetched.error());
    for (const Label& one : told.labels) there.insert(one.message);
  }
  co_return there;
}

}  // namespace

bool has_labels(const net::ImapClient& client) {
  return client.has("X-GM-EXT-1");
}

Task<Result<void>> learn_labels(Context& context, const FolderRow& folder, net::ImapClient& client,
                                Side side, std::vector<Uid> uids) {
  for (std::size_t at = 0; at < uids.size(); at += at_once) {
    const auto learned = co_await learn_ids(context, folder, client, side, some_of(uids, at));
    if (!learned) co_return learned;
    co_await net::yield_now();  // others wait while the ledger is asked
  }
  co_return Result<void>{};
}

Task<Result<std::map<Uid, std::string>>> find_archived(Context& context, const FolderRow& folder,
                                                       net::ImapClient& home, Side home_side,
                                                       std::string all_mail,
                                                       std::vector<Uid> uids) {
  std::map<Uid, std::string> spared;
  const auto elsewhere = context.ledger.label_copies(folder.id, home_side, uids);
  if (!elsewhere) co_return fail(elsewhere.error());
  const auto known = context.ledger.labels(folder.id, home_side, uids);
  if (!known) co_return fail(known.error());
  for (const Uid uid : uids) spared[uid] = migration::perhaps_archived.en;
  for (const LabelCopy& one : *elsewhere) spared.erase(one.uid);
  if (spared.empty() || all_mail.empty()) co_return spared;
  const auto opened = co_await home.examine(all_mail);
  if (!opened && is_fatal(opened.error())) co_return fail(opened.error());
  if (!opened) co_return spared;
  std::vector<std::uint64_t> ids;
  for (const Label& one : *known)
    if (spared.contains(one.uid)) ids.push_back(one.message);
  const auto there = co_await ids_there(home, std::move(ids));
  if (!there && is_fatal(there.error())) co_return fail(there.error());
  if (!there) co_return spared;
  for (const Label& one : *known) {
    if (!there->contains(one.message))
      spared.erase(one.uid);
    else if (spared.contains(one.uid))
      spared[one.uid] = migration::archived.en;
  }
  co_return spared;
}

Task<Result<std::vector<LabelCopy>>> find_label_copies(Context& context, const FolderRow& folder,
                                                       net::ImapClient& source, Side source_side,
                                                       const std::vector<Item>& items) {
  std::vector<LabelCopy> all;
  const std::vector<Uid> uids = uids_of(items);
  for (std::size_t at = 0; at < uids.size(); at += at_once) {
    const std::vector<Uid> some = some_of(uids, at);
    const auto learned = co_await learn_ids(context, folder, source, source_side, some);
    if (!learned) co_return fail(learned.error());
    auto copies = context.ledger.label_copies(folder.id, source_side, some);
    if (!copies) co_return fail(copies.error());
    std::ranges::move(*copies, std::back_inserter(all));
    co_await net::yield_now();  // others wait while the ledger is asked
  }
  co_return all;
}

}  // namespace tandem::sync
