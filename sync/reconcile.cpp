// After a crash or a lost connection: what of a recorded batch is on the target?
#include "sync/match.hpp"
#include "sync/scan.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {

Task<Result<void>> reconcile(Context& context, const FolderRow& folder, Direction direction,
                             Batch batch) {
  mail::DigestOptions digest;
  digest.our_names = {context.options.our_hostname};
  auto tail = co_await scan_from(direction.target, batch.next);
  if (!tail) co_return fail(tail.error());
  const bool home_is_source = direction.from_home();
  const auto known = home_is_source
                         ? context.ledger.rows(folder.id, direction.home, ~Uid{0}, batch.next, {})
                         : context.ledger.rows(folder.id, direction.home, batch.next, ~Uid{0}, {});
  if (!known) co_return fail(known.error());
  std::set<Uid> paired;
  for (const Row& row : *known)
    if (row.home != 0 && row.mirror != 0) paired.insert(home_is_source ? row.mirror : row.home);
  std::erase_if(*tail, [&](const Item& item) { return paired.contains(item.uid); });
  std::vector<Row> rows;
  if (!tail->empty()) {
    auto sources = co_await scan_uids(direction.source, batch.sources);
    if (!sources) co_return fail(sources.error());
    auto looked = co_await look_at(direction.target, *tail, digest);
    if (looked) looked = co_await look_at(direction.source, *sources, digest);
    if (!looked) co_return looked;
    const std::vector<Candidate> here = candidates(*sources);
    const std::vector<Candidate> there = candidates(*tail);
    for (const Match& found : match(here, there)) {
      Row row = direction.row((*sources)[found.left].uid, (*tail)[found.right].uid);
      row.identity = (*sources)[found.left].identity;
      row.flags = home_is_source ? (*tail)[found.right].flags : (*sources)[found.left].flags;
      // It may be known already, as one whose counterpart was missing.
      for (const Row& open : *known)
        if (open.open() && ((row.mirror != 0 && open.mirror == row.mirror) ||
                            (row.home != 0 && open.home == row.home)))
          row.id = open.id;
      rows.push_back(std::move(row));
    }
  }
  co_return co_await context.ledger.close_batch(folder.id, direction.home, batch.id,
                                                std::move(rows), true);
}

}  // namespace tandem::sync
