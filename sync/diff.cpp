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

FlagChange change_of(const Item& item, const Row& row) {
  return {row.id, row.mirror, minus(item.flags, row.flags), minus(row.flags, item.flags),
          item.flags};
}

}  // namespace

FolderDiff diff(const SideScan& home, const SideScan& mirror, std::span<const Row> rows,
                std::span<const Uid> home_skipped, std::span<const Uid> mirror_skipped) {
  FolderDiff result;
  walk(
      home, by_uid(rows, &Row::home), &Row::home,
      [&](const Item& item, const Row& row) {
        if (row.mirror != 0 && !row.mirror_gone && item.flags != row.flags)
          result.flags.push_back(change_of(item, row));
      },
      [&](std::size_t at) {
        if (!std::ranges::binary_search(home_skipped, home.items[at].uid))
          result.home_new.push_back(at);
      },
      [&](const Row& row) {
        if (!row.home_gone && row.home >= home.complete_from) result.home_gone.push_back(row.id);
      });
  walk(
      mirror, by_uid(rows, &Row::mirror), &Row::mirror, [](const Item&, const Row&) {},
      [&](std::size_t at) {
        if (!std::ranges::binary_search(mirror_skipped, mirror.items[at].uid))
          result.mirror_new.push_back(at);
      },
      [&](const Row& row) {
        if (!row.mirror_gone && row.mirror >= mirror.complete_from)
          result.mirror_gone.push_back(row.id);
      });
  return result;
}

}  // namespace tandem::sync
