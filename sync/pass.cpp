#include "sync/pass.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "lib/net/both.hpp"
#include "sync/list_side.hpp"
#include "sync/pause.hpp"

namespace tandem::sync {

using migration::DeltaReport;

namespace {

constexpr int most_looks = 3;
constexpr unsigned most_closings = 3;  // passes that ended there; then it comes last

}  // namespace

AccountPass::AccountPass(Context& context, AccountId account, const config::SyncSettings& sync,
                         Budget& budget, Lanes& lanes, net::ImapClient& home,
                         net::ImapClient& mirror, Settings settings)
    : context_(context),
      account_(account),
      sync_(sync),
      budget_(budget),
      lanes_(lanes),
      home_(home),
      mirror_(mirror),
      settings_(settings) {}

// What is gone may turn up in a folder that was looked at before: a removal counts when a second
// look finds it so.
Task<Result<DeltaReport>> AccountPass::run() {
  auto done = Result<void>{};
  for (int number = 0; number < most_looks; ++number) {
    done = co_await look(number);
    if (!done) co_return fail(done.error());
    const auto settled = note_removed();
    if (!settled) co_return fail(settled.error());
    if (*settled) break;
  }
  done = co_await drop_moot();
  if (done) done = co_await end_removals();
  if (done) done = co_await carry_out();
  if (!done) co_return fail(done.error());
  co_return co_await report();
}

Task<Result<void>> AccountPass::look(int number) {
  done_.clear();
  auto done = co_await find_work(number == 0);
  if (!done) co_return done;
  show();
  done = co_await survey();
  if (!done) co_return done;
  const auto copied = co_await copy_several();
  if (!copied) co_return fail(copied.error());
  // What is left to do is told by the ledger and both servers, as to a pass that begins.
  if (*copied) done = co_await find_work(false);
  if (!done) co_return done;
  // Last those that ended the connection when they were opened: nobody shall wait behind them.
  for (const bool closed : {false, true})
    for (Work& work : work_) {
      if (context_.stopping) co_return stopped();
      if (work.changed && is_closed(work) == closed) done = co_await folder(work);
      if (!done) co_return done;
    }
  done = co_await subscribe();
  settings_.all_flags = settings_.retry_skipped = false;  // once is enough
  co_return done;
}

Task<Result<void>> AccountPass::find_work(bool first) {
  report_.waits.reset();
  auto done = co_await list();
  if (done && first) done = co_await recover();
  if (done) done = co_await follow_renames();
  if (done) done = co_await plan();
  if (done) let_rest();
  co_return done;
}

Task<Result<DeltaReport>> AccountPass::measure() {
  auto done = co_await list();
  if (done) done = co_await plan();
  if (!done) co_return fail(done.error());
  show();
  co_return report_;
}

Task<Result<void>> AccountPass::list() {
  imap::StatusItems sizes = 0;
  if (settings_.all_sizes && home_.has("STATUS=SIZE")) sizes = imap::status_size;
  auto rows = context_.ledger.folders(account_);
  if (!rows) co_return fail(rows.error());
  std::ranges::sort(*rows, std::ranges::greater(),
                    [&](const FolderRow& row) { return row.at(settings_.home).messages; });
  std::vector<std::string> at_home;
  std::vector<std::string> on_mirror;
  for (const FolderRow& row : *rows) {
    if (rows->front().at(settings_.home).messages < context_.options.large_mailbox) break;
    at_home.push_back(row.at(settings_.home).name);
    on_mirror.push_back(row.at(migration::other(settings_.home)).name);
  }
  auto [home, mirror] = co_await net::both(list_side(home_, true, sizes, std::move(at_home)),
                                           list_side(mirror_, false, 0, std::move(on_mirror)));
  if (!home) co_return fail(home.error());
  if (!mirror) co_return fail(mirror.error());
  home_side_ = std::move(*home);
  mirror_side_ = std::move(*mirror);
  co_return Result<void>{};
}

// Pairs the folders and finds or makes their rows.
Task<Result<void>> AccountPass::plan() {
  const Side mirror_side = migration::other(settings_.home);
  work_.clear();
  auto rows = context_.ledger.folders(account_);
  if (!rows) co_return fail(rows.error());
  const auto retried = context_.ledger.folders_with_skipped(account_, !settings_.retry_skipped);
  if (!retried) co_return fail(retried.error());
  std::vector<KnownPair> known;
  for (const FolderRow& row : *rows)
    known.push_back({row.at(settings_.home).name, row.at(mirror_side).name});
  for (FolderPair& pair : pair_folders(home_side_, mirror_side_, known, sync_, settings_.home)) {
    if (pair.mirror == nullptr && !settings_.mirror_takes_mail) continue;
    Work work;
    const auto found = std::ranges::find_if(*rows, [&](const FolderRow& row) {
      return row.at(settings_.home).name == pair.home->name;
    });
    if (found != rows->end()) {
      work.row = *found;
    } else {
      work.row.account = account_;
      work.row.at(settings_.home).name = pair.home->name;
      work.row.at(mirror_side).name = pair.mirror_name;
      auto added = co_await context_.ledger.add_folder(work.row);
      if (!added) co_return fail(added.error());
      work.row = std::move(*added);
    }
    work.pair = std::move(pair);
    const auto batches = context_.ledger.batches(work.row.id);
    if (!batches) co_return fail(batches.error());
    const bool again = done_.contains(work.row.id);
    // Flags that were copied a moment ago are no news.
    work.changed = !batches->empty() || has_mail(work) || (!again && has_flags(work));
    if (!again && retried->contains(work.row.id)) work.changed = true;
    work_.push_back(std::move(work));
  }
  co_return Result<void>{};
}

// Whether STATUS tells of messages that the ledger does not know, or has them still.
bool AccountPass::has_mail(const Work& work) const {
  if (work.pair.mirror == nullptr || !work.pair.home->status || !work.pair.mirror->status)
    return true;
  const auto& home = *work.pair.home->status;
  const auto& mirror = *work.pair.mirror->status;
  const FolderSide& home_row = work.row.at(settings_.home);
  const FolderSide& mirror_row = work.row.at(migration::other(settings_.home));
  return home_row.validity != home.uid_validity || mirror_row.validity != mirror.uid_validity ||
         home_row.next != home.uid_next || mirror_row.next != mirror.uid_next ||
         home_row.messages != home.messages || mirror_row.messages != mirror.messages;
}

// Whether flags may have changed; of a folder that both sides have.
bool AccountPass::has_flags(const Work& work) const {
  const auto& home = *work.pair.home->status;
  const auto& mirror = *work.pair.mirror->status;
  const FolderSide& home_row = work.row.at(settings_.home);
  const FolderSide& mirror_row = work.row.at(migration::other(settings_.home));
  if (home.messages == 0) return false;
  const auto by_modseq = [](const FolderSide& row, const imap::response::MailboxStatus& status) {
    return (status.items & imap::status_highest_modseq) != 0 && row.modseq != 0 &&
           status.highest_modseq != 0;
  };
  if (by_modseq(home_row, home) && by_modseq(mirror_row, mirror))
    return home.highest_modseq != home_row.modseq || mirror.highest_modseq != mirror_row.modseq;
  return settings_.all_flags || home.unseen != home_row.unseen ||
         mirror.unseen != mirror_row.unseen;
}

// Settled ones tell by their rows whether something has gone; what waits is told by how it was.
void AccountPass::let_rest() {
  for (const Work& work : work_)
    removals_ = removals_ || (context_.waits.find(work.row.id) == nullptr && has_removals(work));
  const bool wanted = settings_.let_rest && !settings_.retry_skipped;
  for (Work& work : work_) {
    const Waiting* const waiting = context_.waits.find(work.row.id);
    if (waiting == nullptr || waiting->home != settings_.home || !wanted) continue;
    if (!work.pair.home->status || work.pair.mirror == nullptr || !work.pair.mirror->status)
      continue;
    if (!may_rest(*waiting, count_of(*work.pair.home->status), count_of(*work.pair.mirror->status),
                  removals_, context_.clock.wall()))
      continue;
    work.changed = false;
    note_wait(work, waiting->quota);
  }
}

void AccountPass::note_wait(Work& work, const migration::DailyQuota& quota) {
  work.waits = true;
  if (!report_.waits || *quota.goes_on_at < *report_.waits->goes_on_at) report_.waits = quota;
}

// Whether messages must have gone from a folder: fewer than there were and came since.
bool AccountPass::has_removals(const Work& work) const {
  if (!work.pair.home->status || work.pair.mirror == nullptr || !work.pair.mirror->status)
    return false;
  const auto fits = [](const FolderSide& row, const imap::response::MailboxStatus& status) {
    return row.validity != status.uid_validity ||
           status.messages == row.messages + (status.uid_next - row.next);
  };
  return !fits(work.row.at(settings_.home), *work.pair.home->status) ||
         !fits(work.row.at(migration::other(settings_.home)), *work.pair.mirror->status);
}

// First of all what has gone from anywhere is noted, so that it is recognised where it turns up.
Task<Result<void>> AccountPass::survey() {
  const auto changed = std::ranges::count_if(work_, &Work::changed);
  if (changed < 2) co_return Result<void>{};
  for (Work& work : work_) {
    if (context_.stopping) co_return stopped();
    if (!work.changed || !has_removals(work) || is_closed(work)) continue;
    FolderPass pass(context_, budget_, work.row, work.pair, home_, mirror_, folder_settings());
    const auto done = co_await pass.survey();
    if (!done && is_fatal(done.error())) co_return done;
  }
  co_return Result<void>{};
}

FolderPass::Settings AccountPass::folder_settings() const {
  FolderPass::Settings settings;
  settings.home = settings_.home;
  settings.home_takes_mail = settings_.home_takes_mail;
  settings.mirror_takes_mail = settings_.mirror_takes_mail;
  return settings;
}

FolderPass::Settings AccountPass::settings_for(const Work& work) const {
  FolderPass::Settings settings = folder_settings();
  settings.all_flags =
      settings_.all_flags || (work.pair.home->status &&
                              work.pair.home->status->unseen != work.row.at(settings_.home).unseen);
  settings.retry_skipped = settings_.retry_skipped;
  settings.shown = static_cast<std::size_t>(&work - work_.data());
  return settings;
}

Task<Result<void>> AccountPass::folder(Work& work) {
  FolderPass pass(context_, budget_, work.row, work.pair, home_, mirror_, settings_for(work));
  const auto done = co_await pass.run();
  co_return co_await conclude(work, pass, done);
}

bool AccountPass::is_closed(const Work& work) const {
  return context_.suspects.count(work.row.id, settings_.home, 0) >= most_closings;
}

// Some servers say goodbye to whoever opens a folder that is locked, or broken. Not at the first
// time: what was moved out of it is recognised only if it has its usual turn.
Task<Result<void>> AccountPass::note_closed(const Work& work, const Error& error) {
  const bool ended = error.kind == ErrorKind::closed || error.kind == ErrorKind::timed_out ||
                     error.kind == ErrorKind::protocol;
  if (!ended || asked_to_wait(error)) co_return Result<void>{};
  context_.suspects.raise(work.row.id, settings_.home, std::vector<Uid>(1, Uid{0}));
  if (!is_closed(work)) co_return Result<void>{};
  Skipped whole;
  whole.folder = work.row.id;
  whole.side = settings_.home;
  whole.reason = fmt::format("the connection ends when the folder is opened: {}",
                             error.server_words.empty() ? error.what : error.server_words);
  whole.next_step = "Have that side's administrator look at this folder, or 'exclude' it.";
  co_return co_await context_.ledger.skip(std::move(whole));
}

// Of a folder whose pass has ended, well or not. An error: so has this one.
Task<Result<void>> AccountPass::conclude(Work& work, const FolderPass& pass,
                                         Result<FolderReport> done) {
  migration::Event event;
  event.account = account_;
  context_.events.publish(event);
  Skipped whole;
  whole.folder = work.row.id;
  whole.side = settings_.home;
  if (done) {
    report_.copied += done->copied;
    report_.flags_changed += done->flags_changed;
    if (done->waits) note_wait(work, *done->waits);
    work.later = done->later;
    const std::vector<Uid> whole_folder(1, Uid{0});
    context_.suspects.clear(work.row.id, settings_.home, whole_folder);
    co_return co_await context_.ledger.unskip(work.row.id, settings_.home, whole_folder);
  }
  if (is_fatal(done.error()) && pass.step() == FolderStep::opening) {
    const auto noted = co_await note_closed(work, done.error());
    if (!noted) co_return noted;
  }
  if (is_fatal(done.error()) || is_over_quota(done.error())) co_return fail(done.error());
  // One folder that cannot be opened or made does not stop the others.
  unseen_ = true;
  whole.reason = fmt::format("the folder could not be copied ({}): {}", name_of(pass.step()),
                             done.error().to_string());
  whole.next_step = "Rename the folder, or name its place on the other side with 'map'.";
  log::warning("W-SYNC-5", "account {}: folder '{}': {}", account_, work.pair.home->name,
               whole.reason);
  if (work.pair.home->status)
    work.row.at(settings_.home).messages = work.pair.home->status->messages;
  co_return co_await context_.ledger.skip(std::move(whole));
}

// What is subscribed at home; once, so that people may change it on the mirror.
Task<Result<void>> AccountPass::subscribe() {
  std::vector<Work*> wanted;
  std::vector<std::string> names;
  for (Work& work : work_) {
    if (!work.pair.home->subscribed || work.row.subscribed) continue;
    wanted.push_back(&work);
    names.push_back(work.pair.mirror_name);
  }
  auto done = Result<void>{};
  if (!settings_.mirror_takes_mail) co_return done;
  if (!names.empty()) done = co_await mirror_.subscribe(std::move(names));
  for (Work* work : wanted) {
    if (!done) break;
    work->row.subscribed = true;
    done = co_await context_.ledger.save_folder(work->row);
  }
  co_return done;
}

}  // namespace tandem::sync
