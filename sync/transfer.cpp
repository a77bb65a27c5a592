#include "sync/transfer.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "sync/match.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::uint64_t largest_message = std::uint64_t{256} * 1024 * 1024;

std::vector<Uid> uids_of(const std::vector<Item>& items) {
  std::vector<Uid> uids;
  uids.reserve(items.size());
  for (const Item& item : items) uids.push_back(item.uid);
  return uids;
}

bool has_word(std::string_view text, std::string_view word) {
  return lower(text).find(word) != std::string::npos;
}

std::string next_step_for(const Error& error) {
  if (net::code_of(error).kind == imap::CodeKind::too_big || has_word(error.server_words, "too "))
    return "Raise the size limit on that side, or save this message as a file.";
  return "Ask that side's administrator about the words above; then press \"try again\".";
}

}  // namespace

bool is_over_quota(const Error& error) {
  return net::code_of(error).kind == imap::CodeKind::over_quota ||
         has_word(error.server_words, "quota exceeded") ||
         has_word(error.server_words, "over quota") || has_word(error.server_words, "mailbox full");
}

Row Direction::row(Uid source_uid, Uid target_uid) const {
  Row row;
  row.home = from_home() ? source_uid : target_uid;
  row.mirror = from_home() ? target_uid : source_uid;
  return row;
}

Transfer::Transfer(Context& context, FolderRow& folder, std::size_t shown_folder,
                   Direction direction, std::vector<Item> items, std::vector<Unpaired> unpaired,
                   Uid target_next)
    : context_(context),
      folder_(folder),
      shown_folder_(shown_folder),
      direction_(direction),
      items_(std::move(items)),
      unpaired_(std::move(unpaired)),
      target_next_(target_next) {}

Task<Result<void>> Transfer::run() {
  next_ = cut();
  while (!next_.empty()) {
    if (context_.stopping) co_return stopped();
    const std::vector<Uid> under_way = uids_of(next_);
    const auto done = co_await batch();
    if (!done) {
      if (is_fatal(done.error()) && done.error().kind != ErrorKind::cancelled)
        context_.suspects.raise(folder_.id, under_way);
      co_return done;
    }
    context_.suspects.clear(folder_.id, under_way);
  }
  co_return Result<void>{};
}

// The next messages, in order, as many as a batch holds.
std::vector<Item> Transfer::cut() {
  std::vector<Item> batch;
  std::uint64_t bytes = 0;
  std::size_t most = context_.options.batch_messages;
  while (done_ < items_.size() && batch.size() < most) {
    const Item& item = items_[done_];
    if (!batch.empty() && bytes + item.size > context_.options.batch_bytes) break;
    most =
        std::min(most, Suspects::batch_size(context_.suspects.count(folder_.id, item.uid), most));
    if (batch.size() >= most) break;
    bytes += item.size;
    batch.push_back(std::move(items_[done_++]));
  }
  return batch;
}

Task<Result<void>> Transfer::batch() {
  std::vector<Item> items = std::exchange(next_, {});
  const Uid first = items.front().uid;
  if (items.size() == 1 && (items.front().size > largest_message ||
                            context_.suspects.count(folder_.id, first) >= Suspects::hopeless)) {
    Copied copied;
    copied.size = items.front().size;
    copied.error.kind = ErrorKind::refused;
    copied.error.what = items.front().size > largest_message
                            ? "the message is larger than 256 MiB"
                            : "the connection breaks each time this message is copied";
    const auto drained = co_await drain_fetch();
    if (!drained) co_return drained;
    const auto recorded = co_await refuse(items.front(), copied);
    next_ = cut();
    co_return recorded;
  }
  const auto lock = co_await context_.locks.lock(folder_.account);
  auto done = co_await look();
  if (done) done = co_await pair(items);
  if (!done) co_return done;
  Batch record;
  record.target = direction_.target_side();
  record.next = target_next_;
  record.sources = uids_of(items);
  std::int64_t id = 0;
  if (!items.empty()) {
    const auto opened = co_await context_.ledger.open_batch(folder_.id, record);
    if (!opened) co_return fail(opened.error());
    id = *opened;
    const bool multi = direction_.target.has("MULTIAPPEND") && items.size() > 1;
    done = co_await append(std::move(items), multi);
  } else {
    next_ = cut();
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

Task<Result<void>> Transfer::send_fetch(const std::vector<Item>& items) {
  imap::FetchAttributes attributes;
  attributes.uid = true;
  attributes.bodies.push_back(whole_body());
  const std::vector<Uid> uids = uids_of(items);
  const auto parts = set_of(uids).split(1900);
  for (const imap::SequenceSet& part : parts) {
    const net::ImapClient::FetchModifiers none;
    const auto tag = co_await direction_.source.send_fetch(part, attributes, none);
    if (!tag) co_return fail(tag.error());
    fetches_.push_back(*tag);
  }
  co_return co_await direction_.source.flush();
}

Task<Result<void>> Transfer::drain_fetch() {
  for (const net::ImapTag tag : std::exchange(fetches_, {})) {
    const auto done = co_await direction_.source.finish(tag);
    if (!done) co_return fail(done.error());
  }
  co_return Result<void>{};
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
  std::erase_if(*tail, [this](const Item& item) {
    return ours_.contains(item.uid) || std::ranges::any_of(unpaired_, [&](const Unpaired& known) {
             return known.item.uid == item.uid;
           });
  });
  if (tail->empty()) co_return Result<void>{};
  strangers_ = true;
  const auto looked = co_await look_at(direction_.target, *tail, digest_options());
  if (!looked) co_return looked;
  for (Item& item : *tail) unpaired_.push_back({0, std::move(item)});
  co_return Result<void>{};
}

// Takes those out of the batch that are on the target already.
Task<Result<void>> Transfer::pair(std::vector<Item>& items) {
  if (unpaired_.empty()) co_return Result<void>{};
  auto done = co_await drain_fetch();
  if (done) done = co_await look_at(direction_.source, items, digest_options());
  if (!done) co_return done;
  std::vector<Candidate> there;
  for (std::size_t at = 0; at < unpaired_.size(); ++at) {
    const Item& item = unpaired_[at].item;
    there.push_back({at, item.uid, item.identity, item.trace, item.date.unix_seconds});
  }
  const std::vector<Candidate> here = candidates(items);
  std::set<std::size_t> gone_here;
  std::set<std::size_t> gone_there;
  std::vector<Row> rows;
  for (const Match& found : match(here, there)) {
    const Item& ours = items[found.left];
    const Unpaired& theirs = unpaired_[found.right];
    Row row = direction_.row(ours.uid, theirs.item.uid);
    row.id = theirs.row;
    row.identity = ours.identity;
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

BatchCopy::Options Transfer::copy_options(bool multi) const {
  BatchCopy::Options options;
  options.multi = multi;
  options.digest = digest_options();
  return options;
}

Task<Result<void>> Transfer::append(std::vector<Item> items, bool multi) {
  if (fetches_.empty()) {
    const auto sent = co_await send_fetch(items);
    if (!sent) co_return sent;
  }
  const std::vector<std::string>& permanent = direction_.target.selected().permanent_flags;
  for (Item& item : items) item.flags = permitted(item.flags, permanent);
  BatchCopy copy(direction_.target, direction_.target_name, std::move(items), copy_options(multi));
  for (const net::ImapTag tag : std::exchange(fetches_, {})) {
    const auto fetched = co_await direction_.source.finish_ok(tag, "FETCH was refused", &copy);
    if (!fetched) co_return fail(fetched.error());
  }
  // The source reads ahead while the target makes durable what it got.
  next_ = cut();
  if (!next_.empty() && unpaired_.empty()) {
    const auto sent = co_await send_fetch(next_);
    if (!sent) co_return sent;
  }
  const auto collected = co_await copy.collect();
  if (!collected) co_return collected;
  std::vector<Item> again;
  auto settled = co_await settle(copy, &again);
  if (settled && !again.empty()) settled = co_await append_again(std::move(again));
  if (settled) settled = co_await find_uids();
  co_return settled;
}

// One by one, so that one bad message does not hold up the others; at last without keywords, which
// some servers refuse a message for.
Task<Result<void>> Transfer::append_again(std::vector<Item> items) {
  auto drained = co_await drain_fetch();
  if (!drained) co_return drained;
  for (const bool last : {false, true}) {
    std::vector<Item> again;
    for (Item& item : items) {
      if (last && item.flags.keywords.empty()) continue;
      if (last) item.flags.keywords.clear();
      std::vector<Item> one(1, item);
      auto done = co_await send_fetch(one);
      if (!done) co_return done;
      BatchCopy copy(direction_.target, direction_.target_name, std::move(one),
                     copy_options(false));
      for (const net::ImapTag tag : std::exchange(fetches_, {})) {
        const auto fetched = co_await direction_.source.finish_ok(tag, "FETCH was refused", &copy);
        if (!fetched) co_return fail(fetched.error());
      }
      done = co_await copy.collect();
      if (!done) co_return done;
      const bool refused = copy.results().front().state == Copied::State::refused;
      const bool keep = refused && !last && !item.flags.keywords.empty();
      if (keep) {
        again.push_back(item);
        continue;
      }
      if (copy.results().front().state == Copied::State::retry) {
        copy.results().front().state = Copied::State::refused;
        copy.results().front().error.what = "the source server does not say which message it sends";
      }
      done = co_await settle(copy, nullptr);
      if (!done) co_return done;
    }
    items = std::move(again);
  }
  co_return Result<void>{};
}

// Takes the results in. What was refused goes to `again`; without it, it is recorded as left out.
Task<Result<void>> Transfer::settle(BatchCopy& copy, std::vector<Item>* again) {
  std::optional<Error> quota;
  for (std::size_t at = 0; at < copy.items().size(); ++at) {
    const Item& item = copy.items()[at];
    Copied& copied = copy.results()[at];
    switch (copied.state) {
      case Copied::State::appended: arrived(item, copied); break;
      case Copied::State::refused:
      case Copied::State::retry: {
        if (is_over_quota(copied.error)) {
          quota = copied.error;
        } else if (again != nullptr) {
          again->push_back(item);
        } else {
          const auto recorded = co_await refuse(item, copied);
          if (!recorded) co_return recorded;
        }
        break;
      }
      case Copied::State::waiting:
      case Copied::State::sent:
      case Copied::State::vanished: break;
    }
  }
  if (quota) co_return fail(std::move(*quota));
  co_return Result<void>{};
}

void Transfer::arrived(const Item& item, const Copied& copied) {
  Row row = direction_.row(item.uid, copied.uid);
  row.flags = item.flags;
  row.identity = copied.identity;
  row.trace = copied.trace;
  rows_.push_back(std::move(row));
  if (copied.uid != 0) ours_.insert(copied.uid);
  ++appended_;
  folder_.bytes_done += item.size;
  context_.board.count(folder_.account, shown_folder_, 1, item.size);
}

// Where the server did not say what UIDs it gave: what is new in the tail, by the ladder; if the
// server changed the messages, in their order.
Task<Result<void>> Transfer::find_uids() {
  std::vector<std::size_t> positions;
  const bool home = direction_.from_home();
  for (std::size_t at = 0; at < rows_.size(); ++at)
    if ((home ? rows_[at].mirror : rows_[at].home) == 0) positions.push_back(at);
  if (positions.empty()) co_return Result<void>{};
  const bool strangers_before = strangers_;
  const std::size_t known = unpaired_.size();
  const auto looked = co_await look();
  if (!looked) co_return looked;
  std::vector<Candidate> here;
  for (const std::size_t at : positions)
    here.push_back(
        {at, home ? rows_[at].home : rows_[at].mirror, rows_[at].identity, rows_[at].trace});
  std::vector<Candidate> there;
  for (std::size_t at = known; at < unpaired_.size(); ++at)
    there.push_back(
        {at, unpaired_[at].item.uid, unpaired_[at].item.identity, unpaired_[at].item.trace});
  std::vector<Match> found = match(here, there);
  if (found.size() < here.size() && here.size() == there.size()) {
    found.clear();
    for (std::size_t at = 0; at < here.size(); ++at)
      found.push_back({here[at].index, there[at].index});
  }
  std::set<std::size_t> taken;
  for (const Match& one : found) {
    Uid& uid = home ? rows_[one.left].mirror : rows_[one.left].home;
    uid = unpaired_[one.right].item.uid;
    ours_.insert(uid);
    taken.insert(one.right);
  }
  std::size_t at = 0;
  std::erase_if(unpaired_, [&](const Unpaired&) { return taken.contains(at++); });
  strangers_ = strangers_before || unpaired_.size() > known;
  co_return Result<void>{};
}

Task<Result<void>> Transfer::refuse(const Item& item, const Copied& copied) {
  Skipped skipped;
  skipped.folder = folder_.id;
  skipped.side = direction_.source_side;
  skipped.uid = item.uid;
  skipped.size = copied.size == 0 ? item.size : copied.size;
  if (auto subject = co_await subject_of(direction_.source, item.uid)) skipped.subject = *subject;
  skipped.reason = copied.error.what;
  if (!copied.error.server_words.empty())
    skipped.reason += fmt::format("; the server said: {}", copied.error.server_words);
  skipped.next_step = next_step_for(copied.error);
  log::warning("W-SYNC-1", "a message was left out: account {}, folder '{}', UID {}: {}",
               folder_.account, folder_.at(direction_.source_side).name, item.uid, skipped.reason);
  co_return co_await context_.ledger.skip(std::move(skipped));
}

// Below the lowest stranger everything is accounted for, and so is what we appended without a gap.
void Transfer::advance() {
  while (!ours_.empty() && *ours_.begin() == target_next_) {
    ours_.erase(ours_.begin());
    ++target_next_;
  }
}

}  // namespace tandem::sync
