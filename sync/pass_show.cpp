// AccountPass: what people see of it, at its beginning and at its end.
#include <algorithm>

#include "sync/pass.hpp"
#include "sync/size.hpp"

namespace tandem::sync {

using migration::DeltaReport;

// The board as the pass begins: the source as STATUS says, the target as the ledger knows. What a
// folder holds in bytes is known when it was looked at, or if the server says it.
void AccountPass::show() const {
  Board::Shown shown = context_.board.find(account_).value_or(Board::Shown());
  shown.folders.clear();
  migration::CopyProgress& progress = shown.progress;
  progress.account = account_;
  progress.messages_total = progress.messages_done = 0;
  progress.bytes_total = progress.bytes_done = 0;
  progress.waited = {};
  progress.pause.reset();
  bool any = false;
  std::vector<Size> sizes;
  for (const Work& work : work_) {
    const std::uint64_t messages = work.pair.home->status ? work.pair.home->status->messages
                                                          : work.row.at(settings_.home).messages;
    std::uint64_t matched = work.row.at(settings_.home).matched;
    if (work.changed)
      if (const auto counts = context_.ledger.counts(work.row.id, settings_.home))
        matched = counts->home_matched;
    matched = std::min(matched, messages);
    any = any || matched < messages;
    const auto& status = work.pair.home->status;
    const bool said = status && (status->items & imap::status_size) != 0;
    Size size;
    size.messages_left = messages - matched;
    size.bytes_done = work.row.bytes_done;
    size.bytes = std::max(work.row.bytes, said ? status->size : 0);
    sizes.push_back(size);
    shown.folders.push_back({work.pair.home->name, messages, matched, work.pair.mirror_name});
    progress.messages_total += messages;
    progress.messages_done += matched;
    progress.bytes_done += work.row.bytes_done;
  }
  estimate(sizes, progress.messages_done);
  for (std::size_t at = 0; at < sizes.size(); ++at)
    progress.bytes_total += shown.folders[at].source_bytes = sizes[at].bytes;
  progress.quotas = budget_.shown();
  progress.state = any ? migration::CopyState::copying : migration::CopyState::checking;
  context_.board.put(account_, std::move(shown));
}

Task<Result<DeltaReport>> AccountPass::report() {
  Board::Shown shown = context_.board.find(account_).value_or(Board::Shown());
  shown.folders.clear();
  // While something waits, bytes are as they were estimated, and counted since.
  migration::CopyProgress& progress = shown.progress;
  const std::uint64_t estimated = progress.bytes_total;
  const auto named = context_.ledger.count_skipped(account_, settings_.home);
  if (!named) co_return fail(named.error());
  progress.bytes_total = progress.bytes_done = 0;
  for (const Work& work : work_) {
    std::uint64_t messages = work.row.at(settings_.home).messages;
    std::uint64_t matched = work.row.at(settings_.home).matched;
    if (work.waits) {
      const auto counts = context_.ledger.counts(work.row.id, settings_.home);
      if (!counts) co_return fail(counts.error());
      if (work.pair.home->status) messages = work.pair.home->status->messages;
      matched = counts->home_matched;
    }
    messages += work.later;
    report_.source_messages += messages;
    matched = std::min(matched, messages);
    const auto here = named->find(work.row.id);
    const std::uint64_t told = here == named->end() ? matched : matched + here->second;
    report_.missing += messages - std::min(told, messages);
    report_.matched += matched;
    progress.bytes_done += work.row.bytes_done;
    shown.folders.push_back({work.pair.home->name, messages, matched, work.pair.mirror_name});
  }
  progress.bytes_total = progress.bytes_done;
  if (report_.waits) progress.bytes_total = std::max(progress.bytes_total, estimated);
  const auto skipped = context_.ledger.count_skipped(account_);
  if (!skipped) co_return fail(skipped.error());
  report_.skipped = *skipped;
  if (sync_.propagate_deletes) {
    const auto held = context_.ledger.count_deletions(account_, DeletionState::held);
    if (!held) co_return fail(held.error());
    report_.held = *held;
  }
  progress.messages_total = report_.source_messages;
  progress.messages_done = report_.matched;
  progress.skipped = report_.skipped;
  budget_.show_wait(report_.waits);
  progress.quotas = budget_.shown();
  context_.board.put(account_, std::move(shown));
  co_return report_;
}

}  // namespace tandem::sync
