// Transfer: the bodies of a batch, from the FETCH to the close, and what becomes of those refused.
#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/protocol/imap/refusal_words.hpp"
#include "migration/left_out.hpp"
#include "sync/match.hpp"
#include "sync/pause.hpp"
#include "sync/scan.hpp"
#include "sync/store_commands.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {
namespace {

bool has_word(std::string_view text, std::string_view word) {
  return lower(text).find(word) != std::string::npos;
}

std::string next_step_for(const Error& error) {
  if (!error.next_step.empty()) return error.next_step;
  if (net::code_of(error).kind == imap::CodeKind::too_big || has_word(error.server_words, "too "))
    return std::string(migration::raise_size_limit_step.en);
  return std::string(migration::ask_about_words_step.en);
}

// What is said of one message is true of all: the mailbox is full, the server wants a rest, or the
// folder is not there any more (the next pass makes it).
bool ends_folder(const Error& error) {
  return is_over_quota(error) || asked_to_wait(error) ||
         net::code_of(error).kind == imap::CodeKind::try_create;
}

}  // namespace

bool is_over_quota(const Error& error) {
  return net::code_of(error).kind == imap::CodeKind::over_quota ||
         imap::says_mailbox_is_full(error.server_words);
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

BatchCopy::Options Transfer::copy_options(bool multi) const {
  BatchCopy::Options options;
  options.multi = multi;
  options.digest = digest_options();
  options.clock = &context_.clock;
  return options;
}

Task<Result<void>> Transfer::append(std::vector<Item> items, bool multi) {
  if (fetches_.empty()) {
    const auto sent = co_await send_fetch(items);
    if (!sent) co_return sent;
  }
  const Storable storable = storable_in(direction_.target);
  for (Item& item : items) item.flags = permitted(item.flags, storable);
  BatchCopy copy(direction_.target, direction_.target_name, std::move(items), copy_options(multi));
  const Clock& clock = context_.clock;
  const SteadyTime asked = clock.steady();
  const auto refused = co_await finish_fetches(copy);
  if (!refused) co_return fail(refused.error());
  const Duration fetched = clock.steady() - asked;
  auto ahead = co_await cut_next();
  if (ahead) ahead = co_await read_ahead();
  if (!ahead) co_return ahead;
  const SteadyTime sent = clock.steady();
  const auto collected = co_await copy.collect(*refused);
  if (!collected) co_return collected;
  Board& board = context_.board;
  board.waited(folder_.account, direction_.source_side, fetched - copy.waited());
  board.waited(folder_.account, direction_.target_side(), copy.waited() + (clock.steady() - sent));
  std::vector<Item> again;
  auto settled = co_await settle(copy, &again);
  if (settled && !again.empty()) settled = co_await append_again(std::move(again));
  if (settled) settled = co_await find_uids();
  if (settled) settled = co_await check_flags();
  co_return settled;
}

// What the source said if it did not give all: one bad message spoils the FETCH of many.
Task<Result<std::optional<Error>>> Transfer::finish_fetches(BatchCopy& copy) {
  std::optional<Error> refused;
  for (const net::ImapTag tag : std::exchange(fetches_, {})) {
    auto fetched = co_await direction_.source.finish_ok(
        tag, "the source server does not give this message", &copy);
    if (fetched) continue;
    if (is_fatal(fetched.error())) co_return fail(std::move(fetched.error()));
    refused = std::move(fetched.error());
  }
  co_return refused;
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
      if (item.size > budget_.left(direction_.source_side)) {
        waits_for_ = std::max<std::uint64_t>(item.size, 1);
        co_return Result<void>{};
      }
      auto done = Result<void>{};
      if (budget_.is_limited()) done = co_await budget_.take(direction_.source_side, item.size);
      std::vector<Item> one(1, item);
      if (done) done = co_await send_fetch(one);
      if (!done) co_return done;
      BatchCopy copy(direction_.target, direction_.target_name, std::move(one),
                     copy_options(false));
      const auto unread = co_await finish_fetches(copy);
      if (!unread) co_return fail(unread.error());
      done = co_await copy.collect(*unread);
      if (!done) co_return done;
      Copied& copied = copy.results().front();
      const bool refused = copied.state == Copied::State::refused;
      const bool keep = refused && !last && !item.flags.keywords.empty();
      if (keep) {
        again.push_back(item);
        continue;
      }
      if (copied.state == Copied::State::retry) {
        copied.state = Copied::State::refused;
        if (!*unread) copied.error.what = "the source server does not say which message it sends";
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
  std::optional<Error> whole;  // what is no fault of the message
  for (std::size_t at = 0; at < copy.items().size(); ++at) {
    const Item& item = copy.items()[at];
    Copied& copied = copy.results()[at];
    switch (copied.state) {
      case Copied::State::appended: arrived(item, copied); break;
      case Copied::State::refused:
      case Copied::State::retry: {
        if (ends_folder(copied.error)) {
          whole = copied.error;
        } else if (again != nullptr) {
          again->push_back(item);
        } else if (!copied.error.temporary || !may_come_later(item, copied)) {
          const auto recorded = co_await refuse(item, copied);
          if (!recorded) co_return recorded;
        }
        break;
      }
      case Copied::State::vanished: {
        if (may_come_later(item, copied)) break;
        if (again != nullptr) {  // alone, and nothing asked for behind it
          again->push_back(item);
          break;
        }
        copied.error.what = "the source server lists this message and does not give it";
        const auto recorded = co_await refuse(item, copied);
        if (!recorded) co_return recorded;
        break;
      }
      case Copied::State::waiting:
      case Copied::State::sent: break;
    }
  }
  if (whole) co_return fail(std::move(*whole));
  co_return Result<void>{};
}

// The next pass tries it again, as often as one that breaks the connection.
bool Transfer::may_come_later(const Item& item, const Copied& copied) {
  if (breaks_of(item) + 1 >= Suspects::hopeless) return false;
  not_yet_.push_back(item.uid);
  later_.push_back(item.uid);
  log::info("I-SYNC-16", "account {}, folder '{}', UID {}: not copied yet: {}", folder_.account,
            folder_.at(direction_.source_side).name, item.uid,
            copied.error.what.empty() ? "the server did not give it" : copied.error.to_string());
  return true;
}

void Transfer::arrived(const Item& item, const Copied& copied) {
  Row row = direction_.row(item.uid, copied.uid);
  (direction_.from_home() ? row.mirror_copied : row.home_copied) = true;
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
        {at, home ? rows_[at].home : rows_[at].mirror, rows_[at].identity, *rows_[at].trace});
  std::vector<Candidate> there;
  for (std::size_t at = known; at < unpaired_.size(); ++at)
    there.push_back({at, unpaired_[at].item.uid, unpaired_[at].item.look->identity,
                     unpaired_[at].item.look->trace});
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

// Some servers lose flags that an APPEND gives (Exchange \Flagged), which would look as if their
// owner had taken them away. Of each flag the first copy is looked at, if none was in another
// folder.
Task<Result<void>> Transfer::check_flags() {
  const auto uid_of = direction_.from_home() ? &Row::mirror : &Row::home;
  std::map<Uid, Flags> given;
  for (const Row& row : rows_) {
    const Flags fresh = minus(row.flags, checked_);
    if (row.*uid_of == 0 || fresh == Flags()) continue;
    checked_ = unite(checked_, fresh);
    given[row.*uid_of] = row.flags;
  }
  std::vector<Uid> uids;
  for (const auto& [uid, flags] : given) uids.push_back(uid);
  if (!uids.empty()) {
    const auto copies = co_await scan_uids(direction_.target, std::move(uids));
    if (!copies) co_return fail(copies.error());
    Flags kept;
    for (const Item& copy : *copies) {
      const Flags lost = minus(given[copy.uid], copy.flags);
      lost_flags_ = unite(lost_flags_, lost);
      kept = unite(kept, minus(given[copy.uid], lost));
    }
    context_.kept_flags.add(folder_.account, direction_.target_side(), minus(kept, lost_flags_));
  }
  if (direction_.from_home()) co_return Result<void>{};
  co_return co_await give_lost_flags();
}

// At home its owner's word counts, so that another round would take a missing flag for a wish.
Task<Result<void>> Transfer::give_lost_flags() {
  StoreCommands commands;
  for (const Row& row : rows_)
    if (row.home != 0) commands.add(row.home, minus(row.flags, minus(row.flags, lost_flags_)), {});
  const auto refused = co_await commands.run(direction_.target, folder_.account);
  if (!refused) co_return fail(refused.error());
  for (Row& row : rows_) row.flags = refused->correct(row.home, row.flags);
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
    skipped.reason += fmt::format("{}{}", server_said, copied.error.server_words);
  skipped.next_step = next_step_for(copied.error);
  if (item.date != imap::DateTime()) skipped.date = item.date.unix_seconds;
  log::warning("W-SYNC-1", "a message was left out: account {}, folder '{}', UID {}: {}",
               folder_.account, folder_.at(direction_.source_side).name, item.uid, skipped.reason);
  co_return co_await context_.ledger.skip(std::move(skipped));
}

}  // namespace tandem::sync
