#include "archive/known.hpp"

#include <set>

#include "sync/closer.hpp"
#include "sync/scan.hpp"

namespace tandem::archive {
namespace {

using sync::Item;
using sync::Match;

// Rung (c): those left alone whose headers are alike on both sides.
Task<Result<void>> look_closer(const Files& files, net::ImapClient& client,
                               const std::vector<Item>& there, std::vector<Match>& pairs,
                               mail::DigestOptions options) {
  std::set<std::size_t> left;
  std::set<std::size_t> right;
  for (const Match& pair : pairs) {
    left.insert(pair.left);
    right.insert(pair.right);
  }
  const auto wanted = [](const Item& item) {
    return item.look->likeness.known() && item.look->trace.empty();
  };
  std::set<sync::Identity> here;
  sync::Alone ours;
  for (std::size_t at = 0; at < files.items.size(); ++at) {
    if (left.contains(at) || !wanted(files.items[at])) continue;
    ours.add(files.items[at], at);
    const sync::Identity likeness = files.items[at].look->likeness;
    ours.items.back().look = sync::Look{files.whole[at], likeness, {}};
    here.insert(likeness);
  }
  sync::Alone theirs;
  for (std::size_t at = 0; at < there.size(); ++at)
    if (!right.contains(at) && wanted(there[at]) && here.contains(there[at].look->likeness))
      theirs.add(there[at], at);
  if (theirs.items.empty()) co_return Result<void>{};
  const auto looked = co_await sync::look_at_whole(client, theirs.items, options);
  if (!looked) co_return looked;
  for (const Match& one : sync::match(sync::candidates(ours.items), sync::candidates(theirs.items)))
    pairs.push_back({ours.at[one.left], theirs.at[one.right]});
  co_return Result<void>{};
}

}  // namespace

Files measure_all(const std::vector<Local>& locals, const mail::DigestOptions& options) {
  Files files;
  for (std::size_t at = 0; at < locals.size(); ++at) {
    Item& item = files.items.emplace_back();
    item.uid = static_cast<sync::Uid>(at + 1);
    item.date = locals[at].date;
    item.flags = locals[at].flags;
    auto& whole = files.whole.emplace_back();
    const auto measured = measure(locals[at], options);
    if (!measured) {
      files.unreadable.push_back({at, measured.error()});
      continue;
    }
    item.size = measured->size;
    item.look = sync::Look{measured->identity, measured->likeness, measured->trace};
    if (item.date == imap::DateTime() && measured->dated) item.date.unix_seconds = *measured->dated;
    whole = measured->whole;
  }
  return files;
}

Task<Result<std::vector<Match>>> match_files(const Files& files, net::ImapClient& client,
                                             std::vector<Item>& there,
                                             mail::DigestOptions options) {
  std::vector<Match> pairs;
  if (files.items.empty() || there.empty()) co_return pairs;
  const auto looked = co_await sync::look_at(client, there, options);
  if (!looked) co_return fail(looked.error());
  pairs = sync::match(sync::candidates(files.items), sync::candidates(there));
  const auto closer = co_await look_closer(files, client, there, pairs, options);
  if (!closer) co_return fail(closer.error());
  co_return pairs;
}

std::size_t portion(const std::vector<Item>& items, std::size_t at, std::uint64_t most_bytes) {
  constexpr std::size_t most = 100;
  std::size_t count = 0;
  for (std::uint64_t bytes = 0; at + count < items.size() && count < most && bytes < most_bytes;)
    bytes += items[at + count++].size;
  return count;
}

}  // namespace tandem::archive
