// After a crash or a lost connection: what of a recorded batch is on the target?
#include <algorithm>

#include "lib/net/task_group.hpp"
#include "sync/closer.hpp"
#include "sync/match.hpp"
#include "sync/scan.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {

namespace {

// What is on the target from the batch's record on and has no counterpart.
Task<Result<std::vector<Item>>> strangers(Direction direction, const Batch& batch,
                                          const std::vector<Row>& known) {
  auto told = co_await direction.target.noop();
  if (!told) co_return fail(told.error());
  auto tail = co_await scan_from(direction.target, batch.next);
  if (!tail) co_return fail(tail.error());
  std::set<Uid> paired;
  for (const Row& row : known)
    if (!row.open() || (row.home != 0 && row.mirror != 0))
      paired.insert(direction.from_home() ? row.mirror : row.home);
  std::erase_if(*tail, [&](const Item& item) { return paired.contains(item.uid); });
  co_return tail;
}

// The server may still be busy with what it got before the connection broke, one message after the
// other: what it has not put there now, and comes behind our next APPEND, would be there twice. It
// is done when two looks in a row find no more; or has them all.
Task<Result<std::vector<Item>>> all_strangers(Context& context, Direction direction,
                                              const Batch& batch, const std::vector<Row>& known,
                                              std::size_t expected) {
  auto tail = co_await strangers(direction, batch, known);
  unsigned in_vain = 0;
  while (tail && tail->size() < expected && in_vain < 2) {
    (void)co_await net::sleep_for(context.options.late_append * (1 + in_vain));
    auto later = co_await strangers(direction, batch, known);
    if (!later) co_return later;
    in_vain = later->size() > tail->size() ? 0 : in_vain + 1;
    tail = std::move(later);
  }
  co_return tail;
}

// A source that has been removed since cannot be looked at; its copy is told by size and date. It
// is not a stranger, and does not go back to where it was removed.
void add_vanished(const Direction& direction, const Batch& batch, const std::vector<Item>& sources,
                  const std::vector<Item>& tail, std::set<std::size_t> taken,
                  std::vector<Row>& rows) {
  if (batch.marks.size() != batch.sources.size()) return;
  for (std::size_t source = 0; source < batch.sources.size(); ++source) {
    const Uid uid = batch.sources[source];
    if (std::ranges::binary_search(sources, uid, {}, &Item::uid)) continue;
    for (std::size_t at = 0; at < tail.size(); ++at) {
      const SourceMark mark{tail[at].size, tail[at].date.unix_seconds};
      if (taken.contains(at) || mark != batch.marks[source]) continue;
      taken.insert(at);
      Row& row = rows.emplace_back(direction.row(uid, tail[at].uid));
      row.identity = tail[at].look->identity;
      row.flags = tail[at].flags;
      const bool forth = direction.from_home();
      (forth ? row.mirror_copied : row.home_copied) = true;
      (forth ? row.home_gone : row.mirror_gone) = true;
      (forth ? row.home_fresh : row.mirror_fresh) = true;
      break;
    }
  }
}

// Adds what is the same by its body to `pairs`.
Task<Result<void>> look_closer(Direction direction, const std::vector<Item>& sources,
                               const std::vector<Item>& tail, std::vector<Match>& pairs,
                               mail::DigestOptions digest) {
  std::set<std::size_t> left;
  std::set<std::size_t> right;
  for (const Match& found : pairs) {
    left.insert(found.left);
    right.insert(found.right);
  }
  Alone ours = alone(sources, left);
  Alone theirs = alone(tail, right);
  const auto more = co_await match_whole(direction.source, ours, direction.target, theirs, digest);
  if (!more) co_return fail(more.error());
  pairs.insert(pairs.end(), more->begin(), more->end());
  co_return Result<void>{};
}

}  // namespace

Task<Result<void>> reconcile(Context& context, const FolderRow& folder, Direction direction,
                             Batch batch) {
  mail::DigestOptions digest;
  digest.our_names = {context.options.our_hostname};
  const bool home_is_source = direction.from_home();
  const Uid none = ~Uid{0};
  Ledger::RowsWanted wanted;
  wanted.home_from = home_is_source ? none : batch.next;
  wanted.mirror_from = home_is_source ? batch.next : none;
  const auto known = context.ledger.rows(folder.id, direction.home, wanted);
  if (!known) co_return fail(known.error());
  auto sources = co_await scan_uids(direction.source, batch.sources);
  if (!sources) co_return fail(sources.error());
  auto tail = co_await all_strangers(context, direction, batch, *known, sources->size());
  if (!tail) co_return fail(tail.error());
  std::vector<Row> rows;
  if (!tail->empty()) {
    auto looked = co_await look_at(direction.target, *tail, digest);
    if (looked) looked = co_await look_at(direction.source, *sources, digest);
    if (!looked) co_return looked;
  }
  std::set<std::size_t> taken;
  const std::int64_t young = young_from(context.clock.wall());
  std::vector<Match> pairs = match(candidates(*sources, young), candidates(*tail, young));
  const auto closer = co_await look_closer(direction, *sources, *tail, pairs, digest);
  if (!closer) co_return closer;
  for (const Match& found : pairs) {
    taken.insert(found.right);
    Row row = direction.row((*sources)[found.left].uid, (*tail)[found.right].uid);
    row.identity = (*sources)[found.left].look->identity;
    (home_is_source ? row.mirror_copied : row.home_copied) = true;
    row.flags = home_is_source ? (*tail)[found.right].flags : (*sources)[found.left].flags;
    // It may be known already, as one whose counterpart was missing.
    for (const Row& open : *known)
      if (open.open() && ((open.mirror != 0 && open.mirror == row.mirror) ||
                          (open.home != 0 && open.home == row.home)))
        row.id = open.id;
    rows.push_back(std::move(row));
  }
  add_vanished(direction, batch, *sources, *tail, std::move(taken), rows);
  co_return co_await context.ledger.close_batch(folder.id, direction.home, batch.id,
                                                std::move(rows), true);
}

}  // namespace tandem::sync
