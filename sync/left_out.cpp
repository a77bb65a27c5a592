// Sync as LeftOut, and the list of it: what could not be copied, message by message.
#include <algorithm>
#include <fmt/core.h>
#include <map>

#include "lib/net/runtime.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

using migration::MessagePlace;
using migration::SkippedMessage;

namespace {

// "12-old-345": the folder's row, the side and the UID, which are what a row is known by.
std::string id_of(const Skipped& one) {
  return fmt::format("{}-{}-{}", one.folder, migration::name_of(one.side), one.uid);
}

SkippedMessage describe(const Skipped& one, std::string folder) {
  SkippedMessage told;
  told.folder = std::move(folder);
  told.uid = one.uid;
  told.subject = one.subject;
  told.size = one.size;
  const auto words = std::min(one.reason.find(server_said), one.reason.size());
  told.reason = one.reason.substr(0, words);
  if (words < one.reason.size()) told.server_words = one.reason.substr(words + server_said.size());
  told.next_step = one.next_step;
  told.id = id_of(one);
  told.side = one.side;
  if (one.date) told.at = WallTime(std::chrono::seconds(*one.date));
  told.is_tried_again = one.again;
  return told;
}

std::unexpected<Error> not_listed() {
  return fail(ErrorKind::not_found, "No such message is listed as not copied.");
}

}  // namespace

std::vector<SkippedMessage> Sync::skipped(AccountId account) const {
  std::vector<SkippedMessage> all;
  const auto folders = state_->ledger.folders(account);
  const auto skipped = state_->ledger.skipped_of(account);
  if (!folders || !skipped) return all;
  std::map<std::int64_t, const FolderRow*> by_id;
  for (const FolderRow& folder : *folders) by_id[folder.id] = &folder;
  all.reserve(skipped->size());
  for (const Skipped& one : *skipped)
    all.push_back(describe(one, by_id[one.folder]->at(one.side).name));
  return all;
}

Result<MessagePlace> Sync::place_of(AccountId account, const std::string& id) const {
  const auto folders = state_->ledger.folders(account);
  if (!folders) return fail(folders.error());
  const auto skipped = state_->ledger.skipped_of(account);
  if (!skipped) return fail(skipped.error());
  const auto one = std::ranges::find_if(
      *skipped, [&](const Skipped& row) { return row.uid != 0 && id_of(row) == id; });
  if (one == skipped->end()) return not_listed();
  const auto folder = std::ranges::find(*folders, one->folder, &FolderRow::id);
  if (folder == folders->end()) return not_listed();
  const FolderSide& there = folder->at(one->side);
  return MessagePlace{.side = one->side,
                      .folder = there.name,
                      .validity = there.validity,
                      .uid = one->uid,
                      .size = one->size};
}

Task<Result<std::uint64_t>> Sync::try_again(AccountId account, std::vector<std::string> ids) {
  std::function<Task<Result<std::uint64_t>>()> work =
      std::bind_front(&State::try_again, state_.get(), account, std::move(ids));
  co_return co_await net::run_on<Result<std::uint64_t>>(state_->executor, std::move(work));
}

// Not under the pass's lock: a first copy may hold it for hours.
Task<Result<std::uint64_t>> Sync::State::try_again(AccountId account,
                                                   std::vector<std::string> ids) {
  auto wanted = ledger.skipped_of(account);
  if (!wanted) co_return fail(wanted.error());
  std::ranges::sort(ids);
  if (!ids.empty())
    std::erase_if(*wanted,
                  [&](const Skipped& one) { return !std::ranges::binary_search(ids, id_of(one)); });
  if (wanted->empty()) co_return not_listed();
  const std::uint64_t count = wanted->size();
  const auto noted = co_await ledger.ask_again(std::move(*wanted));
  if (!noted) co_return fail(noted.error());
  ring(account);
  co_return count;
}

}  // namespace tandem::sync
