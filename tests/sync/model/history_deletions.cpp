// What a person decides about deletions: what is held is allowed or refused, what is in quarantine
// is brought back; and what must be in quarantine.
#include <algorithm>
#include <fmt/core.h>

#include "migration/deletions.hpp"
#include "tests/sync/model/history.hpp"

namespace tandem::sync::model {

Task<void> History::decide_some() {
  if (roll(2) == 0) co_await decide();
  if (roll(2) == 0 && !crashed_) co_await undo();
}

Task<void> History::decide() {
  const bool any = std::ranges::any_of(model_.messages, &Message::held);
  if (!any) co_return;
  const bool allow = roll(3) != 0;
  const std::string everywhere;
  const auto decided = co_await town_.world->sync->decide(town_.world->account, everywhere, allow);
  if (!decided) blame("nothing is held: " + decided.error().to_string());
  tell(allow ? "what is held is allowed" : "what is held is refused");
  for (Message& message : model_.messages)
    message.allowed = message.allowed || (message.held && allow);
  for (Message& message : model_.messages) message.held = false;
}

Task<Result<migration::UndoReport>> History::undo_one(std::int64_t id) {
  std::vector<std::int64_t> ids(1, id);
  co_return co_await town_.world->sync->undo(town_.world->account, std::move(ids));
}

Task<void> History::undo() {
  int side = roll(2);
  if (model_.quarantined[static_cast<std::size_t>(side)].empty()) side = 1 - side;
  const auto& inside = model_.quarantined[static_cast<std::size_t>(side)];
  if (inside.empty()) co_return;
  const auto which = static_cast<std::size_t>(roll(static_cast<int>(inside.size())));
  const Reference::Quarantined one = inside[which];
  const Folder& folder = model_.folders[static_cast<std::size_t>(one.folder)];
  if (!folder.there[static_cast<std::size_t>(side)] || has_trouble(one.folder)) co_return;
  // Of several equal ones nobody can say which one is meant.
  const auto is_like_it = [&](const auto& other) { return other.content == one.content; };
  if (mixed_up_.contains(one.content) || touched_.contains(one.content) ||
      std::ranges::count_if(inside, is_like_it) > 1)
    co_return;
  const auto report = town_.world->sync->deletions(town_.world->account, 10'000);
  REQUIRE(report);
  const auto subject = std::to_string(one.content);
  const auto found = std::ranges::find_if(report->messages, [&](const auto& known) {
    return known.subject == subject && known.state == "quarantined" &&
           known.side == (side == 0 ? Side::old_side : Side::new_side) &&
           known.folder == one.folder_name;
  });
  if (found == report->messages.end()) co_return blame(subject + " is not known in quarantine");
  tell(fmt::format("{} is brought back on {} to {}", one.content, side, name(side, one.folder)));
  const std::int64_t id = found->id;
  if (wanted_.crashes && roll(2) == 0) co_await break_undo(id);
  const auto done = co_await undo_one(id);
  // What broke off may have been written before.
  const bool was_done = !done && done.error().kind == ErrorKind::not_found;
  if (!was_done && (!done || done->restored != 1)) blame(subject + " was not brought back");
  touched_.insert(one.content);
  model_.restore(side, which);
}

Task<void> History::break_undo(std::int64_t id) {
  const auto side = roll(2) == 0 ? Side::old_side : Side::new_side;
  if (roll(2) == 0) {
    town_.at(side).cut_after = 100 + static_cast<std::uint64_t>(roll(900));
    tell(fmt::format("CRASH: side {} breaks after {} bytes", migration::name_of(side),
                     town_.at(side).cut_after));
  } else {
    const std::string plan =
        fmt::format("sync.{}:{}+:EIO", roll(2) == 0 ? "commit" : "committed", 1 + roll(3));
    tell("CRASH: " + plan);
    REQUIRE(store::fault::arm(plan));
  }
  (void)co_await undo_one(id);
  store::fault::disarm();
  town_.heal();
  co_await quiet();
}

void History::compare_quarantine(int side) {
  const std::string where(migration::quarantine_folder);
  const auto s = static_cast<std::size_t>(side);
  std::vector<int> there;
  for (const Letter& letter : town_.read(side, where)) there.push_back(letter.content);
  for (const Reference::Quarantined& one : model_.quarantined[s]) {
    const auto found = std::ranges::find(there, one.content);
    if (found == there.end())
      blame(fmt::format("{} is not in quarantine on {}", one.content, side));
    else
      there.erase(found);
  }
  std::vector<int> doubtful = model_.doubtful[s];
  for (const int content : there) {
    const auto found = std::ranges::find(doubtful, content);
    if (found == doubtful.end())
      blame(fmt::format("{} is too much in quarantine on {}", content, side));
    else
      doubtful.erase(found);
  }
}

}  // namespace tandem::sync::model
