#include "archive/export_folder.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <map>
#include <set>

#include "archive/known.hpp"
#include "sync/copy.hpp"
#include "sync/scan.hpp"

namespace tandem::archive {
namespace {

namespace response = imap::response;
using sync::Item;
using sync::Uid;

constexpr std::uint64_t most_fetched = 64 * 1024 * 1024;  // bytes, by one command

// Bodies go into the box as they come.
class Receiver final : public net::ImapHandler {
 public:
  Receiver(Box& box, std::uint32_t validity, std::span<const Item> items)
      : box_(box), validity_(validity) {
    for (const Item& item : items) wanted_.emplace(item.uid, &item);
  }

  [[nodiscard]] bool received(Uid uid) const { return received_.contains(uid); }
  [[nodiscard]] std::size_t count() const { return received_.size(); }
  // What the server gave nothing of, though it said that there is something.
  [[nodiscard]] const std::set<Uid>& empty() const { return empty_; }

  Task<Result<void>> on_body(const response::Fetch&, std::uint64_t size) override {
    nothing_ = size == 0;
    co_return box_.begin();
  }
  Task<Result<void>> on_body_bytes(std::string_view bytes) override { co_return box_.put(bytes); }
  // The UID may be said behind the body.
  Task<Result<void>> on_message(const response::Fetch& message) override {
    if (message.bodies.empty()) co_return Result<void>{};
    const auto& value = message.bodies.front().value;
    const auto item = wanted_.find(message.uid);
    const bool known = item != wanted_.end() && !value.nil;
    const bool nothing = value.streamed ? nothing_ : value.bytes.empty();
    if (known && nothing && item->second->size > 0) {
      empty_.insert(message.uid);
      box_.drop();
      co_return Result<void>{};
    }
    if (!known || !received_.insert(message.uid).second) {
      box_.drop();
      co_return Result<void>{};
    }
    if (!value.streamed) {
      auto put = box_.begin();
      if (put) put = box_.put(value.bytes);
      if (!put) co_return put;
    }
    Kept kept;
    kept.origin.validity = validity_;
    kept.origin.uid = message.uid;
    kept.date = item->second->date;
    kept.flags = item->second->flags;
    co_return box_.end(kept);
  }

 private:
  Box& box_;
  std::uint32_t validity_;
  std::map<Uid, const Item*> wanted_;
  std::set<Uid> received_, empty_;
  bool nothing_ = false;  // the body under way has no bytes
};

void note_empty(const net::ImapClient& client, const std::set<Uid>& empty, Report& report) {
  for (const Uid uid : empty)
    report.problems.push_back(
        {client.selected().name, fmt::format("UID {}", uid),
         "the server lists this message, and gives nothing of it",
         "Run the export again; if it stays, ask that side's administrator."});
  report.folders.back().failed += empty.size();
}

Task<Result<std::size_t>> fetch_some(net::ImapClient& client, std::span<const Item> items, Box& box,
                                     Report& report) {
  Receiver receiver(box, client.selected().uid_validity, items);
  imap::FetchAttributes attributes;
  attributes.uid = true;
  attributes.bodies.push_back(sync::whole_body());
  imap::SequenceSet set;
  for (const Item& item : items) set.add(item.uid);
  const auto fetched = co_await client.fetch(set, attributes, receiver);
  if (!fetched && sync::is_fatal(fetched.error())) co_return fail(fetched.error());
  const auto committed = box.commit();
  if (!committed) co_return fail(committed.error());
  note_empty(client, receiver.empty(), report);
  if (fetched) co_return receiver.count();  // what is missing has vanished meanwhile
  std::size_t count = receiver.count();
  for (const Item& item : items) {  // one that the server cannot give does not hold up the others
    if (receiver.received(item.uid) || receiver.empty().contains(item.uid)) continue;
    if (items.size() > 1) {
      const std::span<const Item> alone(&item, 1);
      const auto one = co_await fetch_some(client, alone, box, report);
      if (!one) co_return fail(one.error());
      count += *one;
      continue;
    }
    report.problems.push_back({client.selected().name, fmt::format("UID {}", item.uid),
                               reason_of(fetched.error()),
                               "Ask that side's administrator about the words above."});
    ++report.folders.back().failed;
  }
  co_return count;
}

// What the box holds of `items` goes out of them.
class Sorting {
 public:
  Sorting(Box& box, std::vector<Item>& items, std::uint32_t validity, FolderReport& folder)
      : box_(box), items_(items), validity_(validity), folder_(folder) {}

  // By UID. What is in files under another UIDVALIDITY, or by other people, is left in strangers().
  Result<void> by_uid() {
    auto locals = box_.list();
    if (!locals) return fail(locals.error());
    std::set<Uid> held;
    for (Local& local : *locals) {
      const auto item = local.origin.validity == validity_
                            ? std::ranges::lower_bound(items_, local.origin.uid, {}, &Item::uid)
                            : items_.end();
      if (local.origin.validity != validity_) {
        strangers_.push_back(std::move(local));
      } else if (item != items_.end() && item->uid == local.origin.uid &&
                 held.insert(item->uid).second) {
        if (auto done = renew(local, *item); !done) return done;
      }
    }
    std::erase_if(items_, [&held](const Item& item) { return held.contains(item.uid); });
    folder_.before += held.size();
    return {};
  }

  Result<void> by_matches(const std::vector<sync::Match>& matches) {
    std::set<Uid> held;
    for (const sync::Match& match : matches) {
      const Item& item = items_[match.right];
      held.insert(item.uid);
      if (auto done = renew(strangers_[match.left], item); !done) return done;
    }
    std::erase_if(items_, [&held](const Item& item) { return held.contains(item.uid); });
    folder_.before += held.size();
    return {};
  }

  [[nodiscard]] const std::vector<Local>& strangers() const { return strangers_; }

 private:
  Result<void> renew(const Local& local, const Item& item) {
    if (!local.origin.known()) return {};
    const auto renewed = box_.renew(local, {{validity_, item.uid}, item.date, item.flags});
    if (!renewed) return fail(renewed.error());
    if (*renewed) ++folder_.renewed;
    return {};
  }

  Box& box_;
  std::vector<Item>& items_;
  std::uint32_t validity_;
  FolderReport& folder_;
  std::vector<Local> strangers_;
};

void note_keywords(const Box& box, Report& report) {
  for (const std::string& keyword : box.without())
    report.problems.push_back(
        {report.folders.back().name, "",
         fmt::format("the keyword {} has no place in this folder: a Maildir "
                     "holds 26",
                     keyword),
         "Export as mbox too, if that keyword matters; nothing else is missing."});
}

}  // namespace

Task<Result<void>> export_folder(net::ImapClient& client, std::string name, Box& box,
                                 Report& report) {
  auto items = co_await sync::scan_from(client, 1);
  if (!items) co_return fail(items.error());
  FolderReport& folder = report.folders.emplace_back();
  folder.name = name;
  folder.found = items->size();
  Sorting sorting(box, *items, client.selected().uid_validity, folder);
  auto sorted = sorting.by_uid();
  if (!sorted) co_return sorted;
  if (!sorting.strangers().empty() && !items->empty()) {
    const mail::DigestOptions options;
    const Files files = measure_all(sorting.strangers(), options);
    const auto matches = co_await match_files(files, client, *items, options);
    if (!matches) co_return fail(matches.error());
    sorted = sorting.by_matches(*matches);
    if (!sorted) co_return sorted;
  }
  std::uint64_t bytes = 0;
  for (const Item& item : *items) bytes += item.size;
  const auto compressed = co_await client.compress_for(bytes);
  if (!compressed) co_return compressed;
  for (std::size_t at = 0; at < items->size();) {
    const std::size_t count = portion(*items, at, most_fetched);
    const std::span<const Item> some(items->data() + at, count);
    const auto written = co_await fetch_some(client, some, box, report);
    if (!written) co_return fail(written.error());
    report.folders.back().written += *written;
    at += count;
  }
  note_keywords(box, report);
  co_return Result<void>{};
}

}  // namespace tandem::archive
