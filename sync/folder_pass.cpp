#include "sync/folder_pass.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "lib/net/both.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::array<std::string_view, folder_steps> step_names = {
    "opening",  "reconciling", "scanning", "matching", "copying",
    "carrying", "returning",   "flagging", "settled"};
static_assert(static_cast<std::size_t>(FolderStep::settled) + 1 == folder_steps);

constexpr int most_rounds = 4;

Uid lowest(const std::vector<Uid>& uids, Uid next) {
  return uids.empty() ? next : std::min(next, std::ranges::min(uids));
}

}  // namespace

std::string_view name_of(FolderStep step) {
  return step_names[static_cast<std::size_t>(step)];
}

FolderPass::FolderPass(Context& context, Budget& budget, FolderRow& folder, const FolderPair& pair,
                       net::ImapClient& home, net::ImapClient& mirror, Settings settings)
    : context_(context),
      budget_(budget),
      folder_(folder),
      pair_(pair),
      home_(home),
      mirror_(mirror),
      settings_(std::move(settings)) {}

Direction FolderPass::to_mirror() {
  return {home_, mirror_, settings_.home, settings_.home, pair_.mirror_name};
}

Direction FolderPass::to_home() {
  return {mirror_, home_, migration::other(settings_.home), settings_.home, pair_.home->name};
}

Task<Result<FolderReport>> FolderPass::run() {
  auto done = co_await prepare();
  for (int number = 0; done && number < most_rounds; ++number) {
    again_ = false;
    done = co_await round();
    if (!again_ || report_.waits) break;
  }
  if (!done) co_return fail(done.error());
  step_ = FolderStep::settled;
  co_return report_;
}

Task<Result<void>> FolderPass::survey() {
  auto done = co_await prepare();
  if (done) done = co_await scan();
  co_return done;
}

Task<Result<void>> FolderPass::prepare() {
  auto done = co_await open();
  if (done) done = co_await check_validity();
  if (done) done = co_await reconcile_batches();
  co_return done;
}

Task<Result<void>> FolderPass::open() {
  step_ = FolderStep::opening;
  if (pair_.mirror != nullptr && pair_.mirror->selectable) {
    if (home_row().validity != 0 && mirror_row().validity != 0) co_return co_await open_and_scan();
    const auto [home, mirror] = co_await net::both(select_counted(home_, pair_.home->name),
                                                   select_counted(mirror_, pair_.mirror_name));
    if (!home) co_return fail(home.error());
    if (!mirror) co_return fail(mirror.error());
    co_return Result<void>{};
  }
  const auto [home, mirror] =
      co_await net::both(select_counted(home_, pair_.home->name), make_mirror());
  if (!home) co_return fail(home.error());
  co_return mirror;
}

Task<Result<void>> FolderPass::make_mirror() {
  // A name that only has folders below it (\Noselect) is made a folder (RFC 3501 6.3.3).
  std::string use;
  if (mirror_.has("CREATE-SPECIAL-USE") && pair_.use != SpecialUse::none)
    use = fmt::format("(USE ({}))", attribute_of(pair_.use));
  auto made = co_await mirror_.create(pair_.mirror_name, use);
  if (!made && !use.empty() && !is_fatal(made.error())) {
    use.clear();
    made = co_await mirror_.create(pair_.mirror_name, use);
  }
  // It may exist without being listed, or have come meanwhile: selecting it decides.
  if (!made && is_fatal(made.error())) co_return made;
  const auto selected = co_await mirror_.select(pair_.mirror_name);
  if (!selected && !made && !is_fatal(selected.error())) co_return made;
  if (!selected) co_return fail(selected.error());
  co_return Result<void>{};
}

// A folder that is known: what is new leaves with its SELECT, so a look costs a round trip on each
// side. The mirror's is over before home's begins (see scan).
Task<Result<void>> FolderPass::open_and_scan() {
  const auto mirror =
      co_await select_and_scan(mirror_, pair_.mirror_name, mirror_row(), mirror_scan_);
  if (!mirror) co_return fail(mirror.error());
  if (!*mirror) {
    const auto home = co_await select_counted(home_, pair_.home->name);
    if (!home) co_return fail(home.error());
    co_return Result<void>{};
  }
  const auto home = co_await select_and_scan(home_, pair_.home->name, home_row(), home_scan_);
  if (!home) co_return fail(home.error());
  is_scanned_ = home->has_value();
  if (!is_scanned_) co_return Result<void>{};
  note_scanned(migration::other(settings_.home), **mirror);
  note_scanned(settings_.home, **home);
  co_return Result<void>{};
}

// A mailbox that was put back to what it was some time ago gives UIDs a second time, though its
// UIDVALIDITY is the same (RFC 9051 2.3.1.1 forbids it).
Task<Result<bool>> FolderPass::is_set_back(net::ImapClient& client, const FolderSide& row) {
  const net::ImapMailbox open = client.selected();
  if (row.validity != open.uid_validity || open.uid_next == 0 || open.uid_next >= row.next)
    co_return false;
  const auto tail = co_await scan_from(client, open.uid_next);
  if (!tail) co_return fail(tail.error());
  co_return tail->empty();
}

// A folder whose UIDVALIDITY changed is a new one to us: its UIDs mean nothing, the ladder decides.
Task<Result<void>> FolderPass::check_validity() {
  const Side mirror_side = migration::other(settings_.home);
  first_ever_ = mirror_row().validity == 0;
  const auto mirror_set_back = co_await is_set_back(mirror_, mirror_row());
  if (!mirror_set_back) co_return fail(mirror_set_back.error());
  const auto home_set_back = co_await is_set_back(home_, home_row());
  if (!home_set_back) co_return fail(home_set_back.error());
  if (*mirror_set_back || *home_set_back) is_scanned_ = false;
  first_contact_ = *mirror_set_back || mirror_row().validity != mirror_.selected().uid_validity;
  // What a first contact that was broken off has written down may be of another UIDVALIDITY: only
  // one that came to its end says of which.
  for (const Side side : {Side::old_side, Side::new_side}) {
    if (!first_ever_) break;
    const auto forgotten = co_await context_.ledger.forget_uids(folder_.id, side);
    if (!forgotten) co_return forgotten;
  }
  if (mirror_row().validity != 0 && first_contact_) {
    log::warning("W-SYNC-2", "account {}: UIDs of '{}' are given anew on the {} side",
                 folder_.account, mirror_row().name, migration::name_of(mirror_side));
    const auto forgotten = co_await context_.ledger.forget_uids(folder_.id, mirror_side);
    if (!forgotten) co_return forgotten;
    mirror_row().next = 0;
    mirror_row().modseq = 0;
    mirror_was_reset_ = mirror_renumbered_ = settings_.all_flags = true;
  }
  const bool renumbered = home_row().validity != home_.selected().uid_validity;
  if (home_row().validity != 0 && (renumbered || *home_set_back)) {
    log::warning("W-SYNC-3", "account {}: UIDs of '{}' are given anew on the {} side",
                 folder_.account, home_row().name, migration::name_of(settings_.home));
    const auto forgotten = co_await context_.ledger.forget_uids(folder_.id, settings_.home);
    if (!forgotten) co_return forgotten;
    home_row().next = 0;
    home_row().modseq = 0;
    home_was_reset_ = settings_.all_flags = true;
  }
  home_row().validity = home_.selected().uid_validity;
  // The mirror's is written when its first contact is over.
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::reconcile_batches() {
  step_ = FolderStep::reconciling;
  auto batches = context_.ledger.batches(folder_.id);
  if (!batches) co_return fail(batches.error());
  mirror_is_fresh_ = batches->empty();
  if (!batches->empty()) is_scanned_ = false;
  for (Batch& batch : *batches) {
    const bool forth = batch.target != settings_.home;
    Direction direction = forth ? to_mirror() : to_home();
    const bool stale =
        batch.source_validity != 0 ? !direction.is_of(batch) : home_was_reset_ || mirror_was_reset_;
    if (stale) {  // its UIDs mean nothing any more
      std::vector<Row> none;
      const auto closed = co_await context_.ledger.close_batch(folder_.id, settings_.home, batch.id,
                                                               std::move(none), true);
      if (!closed) co_return closed;
      continue;
    }
    const auto done = co_await reconcile(context_, folder_, std::move(direction), std::move(batch));
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::round() {
  auto done = co_await scan();
  if (done) done = co_await look_and_match();
  if (done && settings_.on_known) settings_.on_known();
  if (done) done = co_await copy();
  if (done) done = co_await carry();
  if (done) done = co_await bring_home();
  if (done) done = co_await store_flags();
  // Otherwise the next round, or the pass after the wait, looks at the same news again.
  if (done && report_.waits) co_return co_await begin_to_wait();
  if (done && !again_) done = co_await settle();
  co_return done;
}

// Home as the pass found it; the mirror with what was put there.
Task<Result<void>> FolderPass::begin_to_wait() {
  const auto told = co_await mirror_.noop();
  if (!told) co_return told;
  Waiting waiting;
  waiting.quota = *report_.waits;
  waiting.looked_at = context_.clock.wall();
  waiting.home = settings_.home;
  if (pair_.home->status) waiting.at_home = count_of(*pair_.home->status);
  const net::ImapMailbox& open = mirror_.selected();
  waiting.on_mirror = {open.uid_validity, open.exists, mirror_next_};
  context_.waits.put(folder_.id, waiting);
  co_return co_await context_.ledger.save_folder_bytes(folder_);
}

Task<Result<void>> FolderPass::settle() {
  context_.waits.end(folder_.id);
  const auto counts = context_.ledger.counts(folder_.id, settings_.home);
  if (!counts) co_return fail(counts.error());
  const auto skipped = context_.ledger.skipped(folder_.id);
  if (!skipped) co_return fail(skipped.error());
  // As many as are accounted for, copies of this pass included, and no more: has_removals() counts
  // on from here.
  home_row().messages = counts->home;
  mirror_row().messages = counts->mirror;
  for (const Skipped& one : *skipped)
    if (one.uid != 0) ++folder_.at(one.side).messages;
  home_row().matched = counts->home_matched;
  mirror_row().matched = counts->mirror_matched;
  // What is to be tried again is looked at again, whatever the counts say.
  report_.later = home_later_.size();
  home_row().next = lowest(home_later_, home_next_);
  home_row().modseq = home_modseq_;
  mirror_row().modseq = mirror_modseq_;
  mirror_row().next = lowest(mirror_later_, mirror_next_);
  folder_.bytes = folder_.bytes_done;
  context_.board.correct_bytes(folder_.account, settings_.shown, folder_.bytes);
  if (pair_.home->status) home_row().unseen = pair_.home->status->unseen;
  if (pair_.mirror != nullptr && pair_.mirror->status)
    mirror_row().unseen = pair_.mirror->status->unseen;
  co_return co_await context_.ledger.save_folder(folder_);
}

}  // namespace tandem::sync
