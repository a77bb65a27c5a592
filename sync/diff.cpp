#include "sync/diff.hpp"

#include <algorithm>

namespace tandem::sync {
namespace {

using UidOf = Uid Row::*;

std::vector<const Row*> by_uid(std::span<const Row> rows, UidOf uid) {
  std::vector<const Row*> sorted;
  for (const Row& row : rows)
    if (row.*uid != 0) sorted.push_back(&row);
  std::ranges::sort(sorted, {}, [uid](const Row* row) { return row->*uid; });
  return sorted;
}

// Walks scan and rows side by side: `both` for messages that are known, `item_only` and `row_only`.
template <class Both, class ItemOnly, class RowOnly>
void walk(const SideScan& scan, const std::vector<const Row*>& rows, UidOf uid, Both both,
          ItemOnly item_only, RowOnly row_only) {
  std::size_t i = 0;
  std::size_t r = 0;
  while (i < scan.items.size() || r < rows.size()) {
    const Uid a = i < scan.items.size() ? scan.items[i].uid : 0;
    const Uid b = r < rows.size() ? rows[r]->*uid : 0;
    if (b == 0 || (a != 0 && a < b)) {
      item_only(i++);
    } else if (a == 0 || b < a) {
      row_only(*rows[r++]);
    } else {
      both(scan.items[i++], *rows[r++]);
    }
  }
}

// A message with this UID that is not among the items is not there; else nothing was said of it.
bool is_told(const SideScan& scan, Uid uid) {
  return uid >= scan.complete_from || std::ranges::binary_search(scan.vanished, uid);
}

// Per row: the message as it was scanned, or null.
using Seen = std::vector<const Item*>;

void compare_flags(std::span<const Row> rows, const SideScan& home, const SideScan& mirror,
                   const Seen& at_home, const Seen& on_mirror, FolderDiff& result) {
  for (std::size_t at = 0; at < rows.size(); ++at) {
    const Row& row = rows[at];
    if (row.home == 0 || row.mirror == 0) {
      // While it waits for a counterpart, what it has is agreed on.
      const Item* alone = row.home != 0 ? at_home[at] : on_mirror[at];
      if (alone == nullptr || row.trace->empty() || alone->flags == row.flags) continue;
      FlagChange& kept = result.flags.emplace_back();
      kept.row = row.id;
      kept.now = alone->flags;
      continue;
    }
    if (at_home[at] == nullptr && (row.home_gone || is_told(home, row.home))) continue;
    if (on_mirror[at] == nullptr && (row.mirror_gone || is_told(mirror, row.mirror))) continue;
    if (at_home[at] == nullptr && on_mirror[at] == nullptr) continue;
    const Flags& seen_home = at_home[at] == nullptr ? row.flags : at_home[at]->flags;
    const Flags& seen_mirror = on_mirror[at] == nullptr ? row.flags : on_mirror[at]->flags;
    const Flags h = as_said(seen_home, row.flags, home.storable);
    const Flags m = as_said(seen_mirror, row.flags, mirror.storable);
    FlagChange change;
    change.now = row.mirror >= mirror.settled_below ? h : merge(row.flags, h, m);
    if (change.now == row.flags && h == row.flags && m == row.flags) continue;
    change.row = row.id;
    change.home = row.home;
    change.mirror = row.mirror;
    change.home_add = minus(change.now, h);
    change.home_remove = minus(h, change.now);
    change.mirror_add = minus(change.now, m);
    change.mirror_remove = minus(m, change.now);
    result.flags.push_back(std::move(change));
  }
}

}  // namespace

FolderDiff diff(const SideScan& home, const SideScan& mirror, std::span<const Row> rows,
                std::span<const Uid> home_skipped, std::span<const Uid> mirror_skipped) {
  FolderDiff result;
  Seen at_home(rows.size());
  Seen on_mirror(rows.size());
  walk(
      home, by_uid(rows, &Row::home), &Row::home,
      [&](const Item& item, const Row& row) {
        at_home[static_cast<std::size_t>(&row - rows.data())] = &item;
        if (row.home_gone) result.home_back.push_back(row.id);
      },
      [&](std::size_t at) {
        if (!std::ranges::binary_search(home_skipped, home.items[at].uid))
          result.home_new.push_back(at);
      },
      [&](const Row& row) {
        if (!row.home_gone && is_told(home, row.home)) result.home_gone.push_back(row.id);
      });
  walk(
      mirror, by_uid(rows, &Row::mirror), &Row::mirror,
      [&](const Item& item, const Row& row) {
        on_mirror[static_cast<std::size_t>(&row - rows.data())] = &item;
        if (row.mirror_gone) result.mirror_back.push_back(row.id);
      },
      [&](std::size_t at) {
        if (!std::ranges::binary_search(mirror_skipped, mirror.items[at].uid))
          result.mirror_new.push_back(at);
      },
      [&](const Row& row) {
        if (!row.mirror_gone && is_told(mirror, row.mirror)) result.mirror_gone.push_back(row.id);
      });
  compare_flags(rows, home, mirror, at_home, on_mirror, result);
  return result;
}

}  // namespace tandem::sync
