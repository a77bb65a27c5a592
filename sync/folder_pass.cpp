#include "sync/folder_pass.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <map>

#include "lib/base/log.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::array<std::string_view, folder_steps> step_names = {
    "opening", "reconciling", "scanning", "matching",
    "copying", "returning",   "flagging", "settled"};
static_assert(static_cast<std::size_t>(FolderStep::settled) + 1 == folder_steps);

constexpr int most_rounds = 4;

Uid next_of(const net::ImapMailbox& mailbox, const std::vector<Item>& items) {
  const Uid seen = items.empty() ? 1 : items.back().uid + 1;
  return std::max(mailbox.uid_next, seen);
}

}  // namespace

std::string_view name_of(FolderStep step) {
  return step_names[static_cast<std::size_t>(step)];
}

FolderPass::FolderPass(Context& context, FolderRow& folder, const FolderPair& pair,
                       net::ImapClient& home, net::ImapClient& mirror, Settings settings)
    : context_(context),
      folder_(folder),
      pair_(pair),
      home_(home),
      mirror_(mirror),
      settings_(settings) {}

Direction FolderPass::to_mirror() {
  return {home_, mirror_, settings_.home, settings_.home, pair_.mirror_name};
}

Direction FolderPass::to_home() {
  return {mirror_, home_, migration::other(settings_.home), settings_.home, pair_.home->name};
}

Task<Result<FolderReport>> FolderPass::run() {
  auto done = co_await open();
  if (done) done = co_await check_validity();
  if (done) done = co_await reconcile_batches();
  for (int number = 0; done && number < most_rounds; ++number) {
    again_ = false;
    done = co_await round();
    if (!again_) break;
  }
  if (!done) co_return fail(done.error());
  step_ = FolderStep::settled;
  co_return report_;
}

Task<Result<void>> FolderPass::open() {
  step_ = FolderStep::opening;
  const std::string parameters(home_.has("CONDSTORE") ? "(CONDSTORE)" : "");
  const auto examined = co_await home_.examine(pair_.home->name, parameters);
  if (!examined) co_return fail(examined.error());
  if (pair_.mirror == nullptr) {
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
    auto selected = co_await mirror_.select(pair_.mirror_name);
    if (!selected && !made && !is_fatal(selected.error())) co_return made;
    if (!selected) co_return fail(selected.error());
    co_return Result<void>{};
  }
  const auto selected = co_await mirror_.select(pair_.mirror_name);
  if (!selected) co_return fail(selected.error());
  co_return Result<void>{};
}

// A folder whose UIDVALIDITY changed is a new one to us: its UIDs mean nothing, the ladder decides.
Task<Result<void>> FolderPass::check_validity() {
  const Side mirror_side = migration::other(settings_.home);
  first_contact_ = mirror_row().validity != mirror_.selected().uid_validity;
  if (mirror_row().validity != 0 && first_contact_) {
    log::warning("W-SYNC-2", "account {}: UIDVALIDITY of '{}' changed on the {} side",
                 folder_.account, mirror_row().name, migration::name_of(mirror_side));
    const auto forgotten = co_await context_.ledger.forget_uids(folder_.id, mirror_side);
    if (!forgotten) co_return forgotten;
    mirror_row().next = 0;
    mirror_was_reset_ = true;
  }
  if (home_row().validity != 0 && home_row().validity != home_.selected().uid_validity) {
    log::warning("W-SYNC-3", "account {}: UIDVALIDITY of '{}' changed on the {} side",
                 folder_.account, home_row().name, migration::name_of(settings_.home));
    const auto forgotten = co_await context_.ledger.forget_uids(folder_.id, settings_.home);
    if (!forgotten) co_return forgotten;
    home_row().next = 0;
    home_row().modseq = 0;
    home_was_reset_ = true;
  }
  home_row().validity = home_.selected().uid_validity;
  // The mirror's is written when its first contact is over.
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::reconcile_batches() {
  step_ = FolderStep::reconciling;
  auto batches = context_.ledger.batches(folder_.id);
  if (!batches) co_return fail(batches.error());
  for (Batch& batch : *batches) {
    const bool forth = batch.target != settings_.home;
    Direction direction = forth ? to_mirror() : to_home();
    const auto done = co_await reconcile(context_, folder_, std::move(direction), std::move(batch));
    if (!done) co_return done;
  }
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::round() {
  auto done = co_await scan();
  if (done) done = co_await look_and_match();
  if (done) done = co_await copy();
  if (done) done = co_await bring_home();
  if (done) done = co_await store_flags();
  // Otherwise the next round looks at the same news again.
  if (done && !again_) done = co_await settle();
  co_return done;
}

// The mirror first: what came through the gateway is at home before it is on the mirror.
Task<Result<void>> FolderPass::scan() {
  step_ = FolderStep::scanning;
  auto noop = co_await mirror_.noop();
  if (noop) noop = co_await home_.noop();
  if (!noop) co_return noop;
  mirror_messages_ = mirror_.selected().exists;
  mirror_scan_.complete_from = std::max<Uid>(mirror_row().next, 1);
  auto mirror_items = co_await scan_from(mirror_, mirror_scan_.complete_from);
  if (!mirror_items) co_return fail(mirror_items.error());
  mirror_scan_.items = std::move(*mirror_items);
  mirror_next_ = next_of(mirror_.selected(), mirror_scan_.items);
  mirror_next_ = std::max(mirror_next_, mirror_row().next);
  const auto home = co_await scan_home();
  if (!home) co_return home;

  const auto skipped = context_.ledger.skipped(folder_.id);
  if (!skipped) co_return fail(skipped.error());
  home_skipped_.clear();
  mirror_skipped_.clear();
  for (const Skipped& one : *skipped)
    if (one.uid != 0)
      (one.side == settings_.home ? home_skipped_ : mirror_skipped_).push_back(one.uid);
  const auto counts = context_.ledger.counts(folder_.id, settings_.home);
  if (!counts) co_return fail(counts.error());
  for (int attempt = 0; attempt < 2; ++attempt) {
    std::vector<Uid> uids;
    for (const Item& item : home_scan_.items) uids.push_back(item.uid);
    auto rows = context_.ledger.rows(folder_.id, settings_.home, home_scan_.complete_from,
                                     mirror_scan_.complete_from, uids);
    if (!rows) co_return fail(rows.error());
    rows_ = std::move(*rows);
    diff_ = diff(home_scan_, mirror_scan_, rows_, home_skipped_, mirror_skipped_);
    if (attempt == 1) break;
    // Fewer or more than we know of: somebody removed something, and only a full look tells what.
    const bool home_fits =
        counts->home + diff_.home_new.size() + home_skipped_.size() == home_messages_;
    const bool mirror_fits =
        counts->mirror + diff_.mirror_new.size() + mirror_skipped_.size() == mirror_messages_;
    if (home_fits && mirror_fits) break;
    auto more = Result<void>{};
    if (!home_fits) more = co_await scan_completely(home_, home_scan_);
    if (more && !mirror_fits) more = co_await scan_completely(mirror_, mirror_scan_);
    if (!more) co_return more;
  }
  auto marked = co_await context_.ledger.mark_gone(diff_.home_gone, settings_.home);
  if (marked)
    marked =
        co_await context_.ledger.mark_gone(diff_.mirror_gone, migration::other(settings_.home));
  co_return marked;
}

Task<Result<void>> FolderPass::scan_home() {
  const net::ImapMailbox& open = home_.selected();
  home_messages_ = open.exists;
  modseq_ = open.no_modseq ? 0 : open.highest_modseq;
  const Uid from = std::max<Uid>(home_row().next, 1);
  home_scan_.complete_from = from;
  auto items = co_await scan_from(home_, from);
  if (!items) co_return fail(items.error());
  home_next_ = std::max(next_of(home_.selected(), *items), home_row().next);
  std::vector<Item> changed;
  const bool condstore = modseq_ != 0 && home_row().modseq != 0;
  if (from > 1 && (condstore ? modseq_ != home_row().modseq : settings_.all_flags)) {
    const std::uint64_t since = condstore ? home_row().modseq : 0;
    auto flags = co_await scan_flags(home_, from, since);
    if (!flags) co_return fail(flags.error());
    changed = std::move(*flags);
    if (!condstore) home_scan_.complete_from = 1;
  }
  changed.insert(changed.end(), std::make_move_iterator(items->begin()),
                 std::make_move_iterator(items->end()));
  home_scan_.items = std::move(changed);
  co_return Result<void>{};
}

Task<Result<void>> FolderPass::scan_completely(net::ImapClient& client, SideScan& scan) {
  if (scan.complete_from <= 1) co_return Result<void>{};
  auto items = co_await scan_flags(client, scan.complete_from, 0);
  if (!items) co_return fail(items.error());
  std::erase_if(scan.items, [&](const Item& item) { return item.uid < scan.complete_from; });
  items->insert(items->end(), std::make_move_iterator(scan.items.begin()),
                std::make_move_iterator(scan.items.end()));
  scan.items = std::move(*items);
  scan.complete_from = 1;
  co_return Result<void>{};
}

// Carries flags from home to the mirror, changes of the same kind in one command.
Task<Result<void>> FolderPass::store_flags() {
  step_ = FolderStep::flagging;
  struct Kind {
    imap::command::StoreAction action;
    std::vector<std::string> flags;
    auto operator<=>(const Kind&) const = default;
  };
  std::map<Kind, imap::SequenceSet> commands;
  std::vector<std::pair<std::int64_t, Flags>> agreed;
  const auto& permanent = mirror_.selected().permanent_flags;
  std::ranges::sort(diff_.flags, {}, &FlagChange::mirror);
  for (const FlagChange& change : diff_.flags) {
    const Flags add = permitted(change.add, permanent);
    const Flags remove = permitted(change.remove, permanent);
    if (!add.empty()) commands[{imap::command::StoreAction::add, add.to_list()}].add(change.mirror);
    if (!remove.empty())
      commands[{imap::command::StoreAction::remove, remove.to_list()}].add(change.mirror);
    agreed.emplace_back(change.row, change.now);
  }
  for (const auto& [kind, set] : commands) {
    const auto stored = co_await mirror_.store(set, kind.action, kind.flags);
    if (stored) continue;
    if (is_fatal(stored.error())) co_return fail(stored.error());
    log::warning("W-SYNC-4", "account {}: flags in '{}' could not be changed: {}", folder_.account,
                 mirror_row().name, stored.error().to_string());
  }
  report_.flags_changed += agreed.size();
  co_return co_await context_.ledger.save_flags(std::move(agreed));
}

Task<Result<void>> FolderPass::settle() {
  const auto counts = context_.ledger.counts(folder_.id, settings_.home);
  if (!counts) co_return fail(counts.error());
  folder_.matched = counts->matched;
  home_row().next = home_next_;
  home_row().modseq = modseq_;
  home_row().messages = home_messages_;
  mirror_row().next = mirror_next_;
  mirror_row().messages = mirror_.selected().exists;
  folder_.bytes = folder_.bytes_done;
  if (pair_.home->status) home_row().unseen = pair_.home->status->unseen;
  co_return co_await context_.ledger.save_folder(folder_);
}

}  // namespace tandem::sync
