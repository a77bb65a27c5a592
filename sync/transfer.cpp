#include "sync/transfer.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/net/both.hpp"
#include "migration/left_out.hpp"
#include "sync/match.hpp"
#include "sync/pause.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::uint64_t largest_message = std::uint64_t{256} * 1024 * 1024;

}  // namespace

Row Direction::row(Uid source_uid, Uid target_uid) const {
  Row row;
  row.home = from_home() ? source_uid : target_uid;
  row.mirror = from_home() ? target_uid : source_uid;
  return row;
}

Batch Direction::record(Uid target_next) const {
  Batch batch;
  batch.target = target_side();
  batch.next = target_next;
  batch.source_validity = source.selected().uid_validity;
  batch.target_validity = target.selected().uid_validity;
  return batch;
}

bool Direction::is_of(const Batch& batch) const {
  return batch.source_validity == source.selected().uid_validity &&
         batch.target_validity == target.selected().uid_validity;
}

Transfer::Transfer(Context& context, Budget& budget, FolderRow& folder, std::size_t shown_folder,
                   Direction direction, std::vector<Item> items, std::vector<Unpaired> unpaired,
                   Uid target_next)
    : context_(context),
      budget_(budget),
      folder_(folder),
      shown_folder_(shown_folder),
      direction_(direction),
      items_(std::move(items)),
      unpaired_(std::move(unpaired)),
      target_next_(target_next),
      checked_(context.kept_flags.of(folder.account, direction.target_side())) {}

Task<Result<void>> Transfer::run() {
  auto ahead = co_await compress();
  if (ahead) ahead = co_await find_copies();
  if (ahead) ahead = co_await cut_next();
  if (ahead) ahead = co_await read_ahead();
  if (!ahead) co_return ahead;
  while (!next_.empty()) {
    if (context_.stopping) co_return stopped();
    std::vector<Uid> under_way = uids_of(next_);
    const auto done = co_await batch();
    if (!done) {
      suspect(done.error(), under_way);
      co_return done;
    }
    std::erase_if(under_way,
                  [this](Uid uid) { return std::ranges::find(not_yet_, uid) != not_yet_.end(); });
    context_.suspects.clear(folder_.id, direction_.source_side, under_way);
    context_.suspects.raise(folder_.id, direction_.source_side, std::exchange(not_yet_, {}));
  }
  co_return Result<void>{};
}

// At the same time: where a link is slow, two round trips in a row would be felt.
Task<Result<void>> Transfer::compress() {
  std::uint64_t bytes = 0;
  for (const Item& item : items_) bytes += item.size;
  const auto [source, target] = co_await net::both(direction_.source.compress_for(bytes),
                                                   direction_.target.compress_for(bytes));
  co_return source ? target : source;
}

void Transfer::suspect(const Error& error, const std::vector<Uid>& under_way) {
  if (is_fatal(error) && error.kind != ErrorKind::cancelled && !asked_to_wait(error))
    context_.suspects.raise(folder_.id, direction_.source_side, under_way);
}

std::optional<migration::DailyQuota> Transfer::waits() const {
  if (waits_for_ == 0) return std::nullopt;
  return budget_.wait_for(direction_.source_side, waits_for_);
}

// Before anything of it is asked for: a crash must not lose the count.
Task<Result<void>> Transfer::cut_next() {
  next_ = cut();
  if (!budget_.is_limited() || next_.empty() || is_labelled(next_) || is_hopeless(next_))
    co_return Result<void>{};
  std::uint64_t bytes = 0;
  for (const Item& item : next_) bytes += item.size;
  co_return co_await budget_.take(direction_.source_side, bytes);
}

// The next messages, in order, as many as a batch and the day hold. One that no day has room for
// comes alone, to be left out.
std::vector<Item> Transfer::cut() {
  if (done_ < items_.size() && label_of(items_[done_]) != nullptr) return cut_labelled();
  std::vector<Item> batch;
  std::uint64_t bytes = 0;
  const std::size_t usual = context_.options.batch_messages;
  std::size_t most = usual;
  const std::uint64_t left = budget_.left(direction_.source_side);
  while (done_ < items_.size() && batch.size() < most) {
    const Item& item = items_[done_];
    if (label_of(item) != nullptr) break;
    if (!batch.empty() && bytes + item.size > context_.options.batch_bytes) break;
    most = std::min(most, Suspects::batch_size(breaks_of(item), usual));
    if (batch.size() >= most) break;
    const bool too_large = is_too_large(item);
    if (too_large && !batch.empty()) break;
    if (!too_large && bytes + item.size > left) {
      if (batch.empty()) waits_for_ = std::max<std::uint64_t>(item.size, 1);
      break;
    }
    bytes += item.size;
    batch.push_back(std::move(items_[done_++]));
    if (too_large) break;
  }
  return batch;
}

bool Transfer::is_too_large(const Item& item) const {
  return item.size > budget_.whole(direction_.source_side);
}

bool Transfer::is_hopeless(const std::vector<Item>& items) const {
  return items.size() == 1 &&
         (items.front().size > largest_message || is_too_large(items.front()) ||
          breaks_of(items.front()) >= Suspects::hopeless);
}

// How often a connection broke while it was under way.
unsigned Transfer::breaks_of(const Item& item) const {
  return context_.suspects.count(folder_.id, direction_.source_side, item.uid);
}

// The source sends the next batch while the target is looked at, or makes durable what it got.
Task<Result<void>> Transfer::read_ahead() {
  if (next_.empty() || !unpaired_.empty() || is_labelled(next_) || is_hopeless(next_))
    co_return Result<void>{};
  co_return co_await send_fetch(next_);
}

Task<Result<void>> Transfer::batch() {
  std::vector<Item> items = std::exchange(next_, {});
  if (is_labelled(items)) co_return co_await copy_labelled(std::move(items));
  if (is_hopeless(items)) {
    Copied copied;
    copied.size = items.front().size;
    copied.error.kind = ErrorKind::refused;
    if (items.front().size > largest_message) {
      copied.error.what = "the message is larger than 256 MiB";
    } else if (is_too_large(items.front())) {
      copied.error.what = "the message is larger than what may be moved in a whole day";
      copied.error.next_step = std::string(migration::raise_daily_limit_step.en);
    } else {
      copied.error.what = "the connection breaks each time this message is copied";
    }
    auto done = co_await drain_fetch();
    if (done) done = co_await refuse(items.front(), copied);
    if (done) done = co_await cut_next();
    co_return done;
  }
  const auto lock = co_await lock_target();
  auto done = co_await look();
  if (done) done = co_await pair(items);
  if (!done) co_return done;
  Batch record = direction_.record(target_next_);
  record.sources = uids_of(items);
  for (const Item& item : items) record.marks.push_back({item.size, item.date.unix_seconds});
  std::int64_t id = 0;
  if (!items.empty()) {
    const auto opened = co_await context_.ledger.open_batch(folder_.id, record);
    if (!opened) co_return fail(opened.error());
    id = *opened;
    const bool multi = direction_.target.has("MULTIAPPEND") && items.size() > 1;
    done = co_await append(std::move(items), multi);
  } else {
    done = co_await cut_next();
  }
  // What did arrive is written even when a refusal (quota) ends the transfer here.
  if (!done && is_fatal(done.error())) co_return done;
  const bool last = next_.empty() || !done;
  std::vector<Row> rows = std::exchange(rows_, {});
  const auto closed =
      co_await context_.ledger.close_batch(folder_.id, direction_.home, id, std::move(rows), last);
  if (!closed) co_return closed;
  advance();
  co_return done;
}

// Nobody but us appends to other folders than INBOX; and several of those may be copied at a time.
Task<migration::AccountLocks::Guard> Transfer::lock_target() {
  if (iequals(direction_.target_name, "INBOX"))
    co_return co_await context_.locks.lock(folder_.account);
  co_return migration::AccountLocks::Guard();
}

// Brings `unpaired_` up to date with what came on the target and is not ours.
Task<Result<void>> Transfer::look() {
  // NOOP lets the server tell of what came meanwhile. It is waited for: a server may begin a UID
  // FETCH before a NOOP sent ahead of it has had its effect (Dovecot does), and the look would be
  // stale.
  const auto told = co_await direction_.target.noop();
  if (!told) co_return fail(told.error());
  auto tail = co_await scan_from(direction_.target, target_next_);
  if (!tail) co_return fail(tail.error());
  std::erase_if(*tail, [this](const Item& item) { return is_known(item.uid); });
  if (tail->empty()) co_return Result<void>{};
  strangers_ = true;
  const auto looked = co_await look_at(direction_.target, *tail, digest_options());
  if (!looked) co_return looked;
  for (Item& item : *tail) unpaired_.push_back({0, std::move(item)});
  co_return Result<void>{};
}

bool Transfer::is_known(Uid uid) const {
  return ours_.contains(uid) ||
         std::ranges::any_of(unpaired_, [uid](const Unpaired& one) { return one.item.uid == uid; });
}

// Takes those out of the batch that are on the target already.
Task<Result<void>> Transfer::pair(std::vector<Item>& items) {
  if (unpaired_.empty()) co_return Result<void>{};
  auto done = co_await drain_fetch();
  if (done) done = co_await look_at(direction_.source, items, digest_options());
  if (!done) co_return done;
  const std::int64_t young = young_from(context_.clock.wall());
  std::vector<Candidate> there;
  for (std::size_t at = 0; at < unpaired_.size(); ++at) {
    const Item& item = unpaired_[at].item;
    there.push_back({at, item.uid, item.look->identity, item.look->trace, item.date.unix_seconds,
                     is_young(item, young)});
  }
  const std::vector<Candidate> here = candidates(items, young);
  std::set<std::size_t> gone_here;
  std::set<std::size_t> gone_there;
  std::vector<Row> rows;
  for (const Match& found : match(here, there)) {
    const Item& ours = items[found.left];
    const Unpaired& theirs = unpaired_[found.right];
    Row row = direction_.row(ours.uid, theirs.item.uid);
    row.id = theirs.row;
    row.identity = ours.look->identity;
    // The gateway's copy is ours too.
    if (direction_.from_home()) row.mirror_copied = !theirs.item.look->trace.empty();
    // Flags agree on what the mirror has; what differs is carried by the next flag pass.
    row.flags = direction_.from_home() ? theirs.item.flags : ours.flags;
    rows.push_back(std::move(row));
    gone_here.insert(found.left);
    gone_there.insert(found.right);
    if (theirs.row == 0) ours_.insert(theirs.item.uid);
    context_.board.count(folder_.account, shown_folder_, 1, ours.size);
  }
  const auto saved = co_await context_.ledger.save_rows(folder_.id, direction_.home, rows);
  if (!saved) co_return saved;
  std::size_t at = 0;
  std::erase_if(items, [&](const Item&) { return gone_here.contains(at++); });
  at = 0;
  std::erase_if(unpaired_, [&](const Unpaired&) { return gone_there.contains(at++); });
  co_return Result<void>{};
}

mail::DigestOptions Transfer::digest_options() const {
  mail::DigestOptions options;
  options.our_names = {context_.options.our_hostname};
  return options;
}

// Below the lowest stranger everything is accounted for, and so is what we appended without a gap.
void Transfer::advance() {
  while (!ours_.empty() && *ours_.begin() == target_next_) {
    ours_.erase(ours_.begin());
    ++target_next_;
  }
}

}  // namespace tandem::sync
