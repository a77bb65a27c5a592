// Transfer: messages that the source shows in several folders (labels) and that are on the target
// already, in another folder. They are copied from there, and nothing of them is asked of the
// source.
//
// A batch is as one of APPENDs: look, pair, record, COPY, close. What the other folder does not
// have any more, and what the target did not copy, goes the ordinary way afterwards: so it is
// looked for again behind each COPY, whatever the answer was.
#include <algorithm>
#include <iterator>

#include "lib/base/log.hpp"
#include "sync/match.hpp"
#include "sync/move.hpp"
#include "sync/scan.hpp"
#include "sync/store_commands.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_labelled = 150;  // their UIDs are one command: all of it, or nothing
constexpr unsigned most_breaks = 2;         // of the connection, before it is downloaded

bool is_same(const Item& a, const Item& b) {
  return a.size == b.size && a.date.unix_seconds == b.date.unix_seconds;
}

void note_sources(Batch& record, const std::vector<Labelled>& labelled) {
  for (const Labelled& one : labelled) {
    record.sources.push_back(one.item.uid);
    record.marks.push_back({one.item.size, one.item.date.unix_seconds});
  }
}

std::vector<Uid> copies_in(const std::vector<Labelled>& labelled) {
  std::vector<Uid> uids;
  for (const Labelled& one : labelled) uids.push_back(one.known.copy);
  return uids;
}

void take_here(Labelled& one, std::vector<Item>& tail, std::vector<Item>::iterator found) {
  one.here = std::move(*found);
  tail.erase(found);
}

// By what the server said.
void take_told(const std::map<Uid, Uid>& told, std::vector<Labelled>& labelled,
               std::vector<Item>& tail) {
  for (Labelled& one : labelled) {
    const auto uid = told.find(one.known.copy);
    if (uid == told.end()) continue;
    const auto found = std::ranges::find(tail, uid->second, &Item::uid);
    if (found != tail.end() && found->size == one.there.size) take_here(one, tail, found);
  }
}

// By identity, else by size and date, as a source that cannot be looked at.
void take_alike(std::vector<Labelled>& labelled, std::vector<Item>& tail) {
  std::vector<Candidate> missing;
  for (std::size_t at = 0; at < labelled.size(); ++at) {
    const Labelled& one = labelled[at];
    if (one.here.uid == 0)
      missing.push_back({at, one.known.copy, one.known.identity, {}, one.there.date.unix_seconds});
  }
  std::set<Uid> taken;
  for (const Match& found : match(missing, candidates(tail))) {
    labelled[found.left].here = tail[found.right];
    taken.insert(tail[found.right].uid);
  }
  std::erase_if(tail, [&](const Item& item) { return taken.contains(item.uid); });
  for (Labelled& one : labelled) {
    if (one.here.uid != 0) continue;
    const auto found =
        std::ranges::find_if(tail, [&](const Item& item) { return is_same(item, one.there); });
    if (found != tail.end()) take_here(one, tail, found);
  }
}

}  // namespace

Task<Result<void>> Transfer::find_copies() {
  if (items_.empty() || !direction_.from_home() || !has_labels(direction_.source))
    co_return Result<void>{};
  const auto copies = co_await find_label_copies(context_, folder_, direction_.source,
                                                 direction_.source_side, items_);
  if (!copies) co_return fail(copies.error());
  if (copies->empty()) co_return Result<void>{};
  auto folders = context_.ledger.folders(folder_.account);
  if (!folders) co_return fail(folders.error());
  folders_ = std::move(*folders);
  std::set<std::pair<std::int64_t, Uid>> used;  // one copy serves for one message
  for (const LabelCopy& one : *copies)
    if (std::ranges::find(folders_, one.folder, &FolderRow::id) != folders_.end() &&
        used.emplace(one.folder, one.copy).second)
      copies_[one.uid] = one;
  co_return Result<void>{};
}

const LabelCopy* Transfer::label_of(const Item& item) const {
  const auto found = copies_.find(item.uid);
  if (found == copies_.end() || dates_ == Dates::lost) return nullptr;
  return breaks_of(item) < most_breaks ? &found->second : nullptr;
}

bool Transfer::is_labelled(const std::vector<Item>& items) const {
  return !items.empty() && label_of(items.front()) != nullptr;
}

// As many of the next ones as one COPY brings in their order.
std::vector<Item> Transfer::cut_labelled() {
  // A message that got another date is made anew, if it can be taken away; else one alone shows how
  // it is.
  const bool tried = dates_ == Dates::kept || can_expunge(direction_.target);
  const std::size_t most = tried ? most_labelled : 1;
  std::vector<Item> batch;
  const LabelCopy* last = nullptr;
  while (done_ < items_.size() && batch.size() < most) {
    const LabelCopy* const next = label_of(items_[done_]);
    if (next == nullptr) break;
    if (last != nullptr && (next->folder != last->folder || next->copy <= last->copy)) break;
    last = next;
    batch.push_back(std::move(items_[done_++]));
  }
  return batch;
}

// The source sends meanwhile what comes behind them.
Task<Result<void>> Transfer::copy_labelled(std::vector<Item> items) {
  std::vector<Labelled> labelled;
  for (Item& item : items) {
    const LabelCopy known = copies_.at(item.uid);
    labelled.push_back({std::move(item), known, {}, {}});
  }
  auto done = Result<void>{};
  if (done_ < items_.size() && label_of(items_[done_]) == nullptr) {
    done = co_await cut_next();
    if (done) done = co_await read_ahead();
  }
  if (done) done = co_await copy_batch(std::move(labelled));
  if (!done || !next_.empty()) co_return done;
  done = co_await cut_next();
  if (done) done = co_await read_ahead();
  co_return done;
}

Task<Result<void>> Transfer::copy_batch(std::vector<Labelled> labelled) {
  const auto lock = co_await lock_target();
  const std::uint32_t validity = direction_.target.selected().uid_validity;
  auto done = co_await look();
  if (done) done = co_await pair_labelled(labelled);
  std::vector<Item> rest;  // to be downloaded
  if (done) done = co_await look_there(labelled, rest);
  if (!done) co_return done;
  std::int64_t id = 0;
  std::map<Uid, Uid> told;
  std::optional<Error> refused;
  if (!labelled.empty()) {
    Batch record = direction_.record(target_next_);
    record.target_validity = validity;  // another folder of the target may be open just now
    note_sources(record, labelled);
    const auto opened = co_await context_.ledger.open_batch(folder_.id, std::move(record));
    if (!opened) co_return fail(opened.error());
    id = *opened;
    imap::SequenceSet set = set_of(copies_in(labelled));
    const auto copied = co_await direction_.target.copy(set, direction_.target_name);
    if (!copied && is_fatal(copied.error())) co_return fail(copied.error());
    if (!copied)
      refused = copied.error();
    else if (copied->number == validity)
      told = copied_uids(*copied);
  }
  done = co_await open_target_again(validity);
  if (done && id != 0) done = co_await find_here(told, labelled);
  if (done) done = co_await settle_labelled(labelled, rest);
  if (!done) co_return done;
  put_back(std::move(rest));
  if (id != 0) {
    std::vector<Row> rows = std::exchange(rows_, {});
    const bool last = refused || (next_.empty() && done_ == items_.size());
    done = co_await context_.ledger.close_batch(folder_.id, direction_.home, id, std::move(rows),
                                                last);
  }
  advance();
  if (done && refused && is_over_quota(*refused)) co_return fail(std::move(*refused));
  co_return done;
}

void Transfer::put_back(std::vector<Item> items) {
  for (const Item& item : items) copies_.erase(item.uid);
  items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(done_),
                std::make_move_iterator(items.begin()), std::make_move_iterator(items.end()));
}

// What came here meanwhile may be one of them: the gateway's copy.
Task<Result<void>> Transfer::pair_labelled(std::vector<Labelled>& labelled) {
  if (unpaired_.empty()) co_return Result<void>{};
  std::vector<Item> items;
  for (const Labelled& one : labelled) items.push_back(one.item);
  const auto paired = co_await pair(items);
  if (!paired) co_return paired;
  std::set<Uid> left;
  for (const Item& item : items) left.insert(item.uid);
  std::erase_if(labelled, [&](const Labelled& one) { return !left.contains(one.item.uid); });
  co_return Result<void>{};
}

// Opens the other folder. What is not there as it was put there goes to `rest`.
Task<Result<void>> Transfer::look_there(std::vector<Labelled>& labelled, std::vector<Item>& rest) {
  if (labelled.empty()) co_return Result<void>{};
  const auto from = std::ranges::find(folders_, labelled.front().known.folder, &FolderRow::id);
  const FolderSide& other = from->at(direction_.target_side());
  const auto opened = co_await direction_.target.examine(other.name);
  if (!opened && is_fatal(opened.error())) co_return fail(opened.error());
  std::vector<Item> seen;
  if (opened && opened->uid_validity == other.validity) {
    auto scanned = co_await scan_uids(direction_.target, copies_in(labelled));
    if (!scanned && is_fatal(scanned.error())) co_return fail(scanned.error());
    if (scanned) seen = std::move(*scanned);
  }
  std::vector<Labelled> there;
  for (Labelled& one : labelled) {
    const auto found = std::ranges::lower_bound(seen, one.known.copy, {}, &Item::uid);
    if (found == seen.end() || found->uid != one.known.copy || !is_same(*found, one.item)) {
      rest.push_back(std::move(one.item));
      continue;
    }
    one.there = std::move(*found);
    there.push_back(std::move(one));
  }
  labelled = std::move(there);
  co_return Result<void>{};
}

Task<Result<void>> Transfer::open_target_again(std::uint32_t validity) {
  const auto opened = co_await select_counted(direction_.target, direction_.target_name);
  if (!opened) co_return fail(opened.error());
  if (opened->uid_validity != validity)
    co_return fail(ErrorKind::conflict,
                   "the folder was made anew while messages were copied to it");
  co_return Result<void>{};
}

Task<Result<void>> Transfer::find_here(const std::map<Uid, Uid>& told,
                                       std::vector<Labelled>& labelled) {
  auto tail = co_await scan_from(direction_.target, target_next_);
  if (!tail) co_return fail(tail.error());
  std::erase_if(*tail, [this](const Item& item) { return is_known(item.uid); });
  take_told(told, labelled, *tail);
  const auto is_missing = [](const Labelled& one) { return one.here.uid == 0; };
  if (tail->empty() || std::ranges::none_of(labelled, is_missing)) co_return Result<void>{};
  const auto looked = co_await look_at(direction_.target, *tail, digest_options());
  if (!looked) co_return looked;
  take_alike(labelled, *tail);
  co_return Result<void>{};
}

// Flags are as the source has them, whatever somebody did to the copy that was copied.
Task<Result<void>> Transfer::settle_labelled(std::vector<Labelled>& labelled,
                                             std::vector<Item>& rest) {
  const Storable storable = storable_in(direction_.target);
  const bool removable = can_expunge(direction_.target);
  StoreCommands flags;
  imap::SequenceSet misdated;
  for (Labelled& one : labelled) {
    if (one.here.uid == 0) {
      rest.push_back(std::move(one.item));
      continue;
    }
    const bool kept = one.here.date.unix_seconds == one.item.date.unix_seconds;
    if (!kept)
      dates_ = Dates::lost;
    else if (dates_ == Dates::unknown)
      dates_ = Dates::kept;
    if (!kept && removable) {
      misdated.add(one.here.uid);
      ours_.insert(one.here.uid);
      rest.push_back(std::move(one.item));
      continue;
    }
    one.item.flags = permitted(one.item.flags, storable);
    flags.change(one.here, one.item.flags, storable);
    Copied copied;
    copied.uid = one.here.uid;
    copied.identity = one.known.identity;
    arrived(one.item, copied);
  }
  if (dates_ == Dates::lost)
    log::warning("W-SYNC-13",
                 "account {}: the {} side's server gives copies another date; each message of '{}' "
                 "is downloaded",
                 folder_.account, migration::name_of(direction_.target_side()),
                 direction_.target_name);
  const auto refused = co_await flags.run(direction_.target, folder_.account);
  if (!refused) co_return fail(refused.error());
  const bool forth = direction_.from_home();
  for (Row& row : rows_) row.flags = refused->correct(forth ? row.mirror : row.home, row.flags);
  auto done = Result<void>{};
  // Not removed, it stays in the record, and is not made anew.
  if (done && !misdated.empty()) done = co_await expunge_messages(direction_.target, misdated);
  co_return done;
}

}  // namespace tandem::sync
