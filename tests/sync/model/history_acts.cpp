// What people, senders and the gateway do between passes.
#include <algorithm>
#include <fmt/core.h>

#include "tests/sync/model/history.hpp"

namespace tandem::sync::model {
namespace {

constexpr std::array<std::uint32_t, 5> some_flags = {0, seen, seen | answered, flagged,
                                                     seen | forwarded};

std::string trace_of(int content) {
  std::string trace(26, 'a');
  for (auto at = trace.rbegin(); content > 0; ++at, content /= 16)
    *at = static_cast<char>('a' + content % 16);
  return trace;
}

}  // namespace

void History::arrive() {
  const int side = roll(3) == 0 ? 1 - model_.home : model_.home;
  const int folder = roll(3) == 0 ? pick_folder(side) : 0;
  if (has_trouble(folder)) return;
  // Whether the first contact was before or after it, nobody can say then.
  if (crashed_ && side != model_.home &&
      !model_.folders[static_cast<std::size_t>(folder)].contacted)
    return;
  const int content = next_content_++;
  const auto flags = some_flags[static_cast<std::size_t>(roll(3))];
  const std::string text = bytes_of(content, "");
  const std::int64_t date = 1'700'000'000 + content;
  const auto uid = town_.put(side, name(side, folder), text, flags, date);
  model_.add(content, side, folder, uid, flags);
  fresh_.insert(content);
  tell(fmt::format("{} arrives on {} in {} uid {}", content, side, name(side, folder), uid));
}

// Both copies, each below its own server's Received line.
void History::arrive_by_gateway() {
  if (has_trouble(0)) return;
  const int content = next_content_++;
  const std::string trace = trace_of(content);
  const std::string text = bytes_of(content, trace);
  const std::int64_t date = 1'700'000'000 + content;
  Message message;
  message.content = content;
  message.traced = true;
  for (int side = 0; side < 2; ++side) {
    const std::string own = side == model_.home ? "Received: from x by home\r\n" + text : text;
    const auto uid = town_.put(side, name(side, 0), own, 0, date + side);
    message.at[static_cast<std::size_t>(side)] = {
        .there = true, .folder = 0, .uid = uid, .ours = side != model_.home};
  }
  model_.messages.push_back(message);
  tell(fmt::format("{} comes through the gateway to both", content));
}

// The mirror's copy alone, or home's after it.
void History::arrive_late() {
  if (has_trouble(0) || crashed_) return;
  const auto m = static_cast<std::size_t>(1 - model_.home);
  for (Message& message : model_.messages) {
    if (!message.traced || message.paired || message.orphan || !message.at[m].there) continue;
    if (message.at[1 - m].there || message.at[m].folder != 0 || touched_.contains(message.content))
      continue;
    const std::string trace = trace_of(message.content);
    const std::string text = bytes_of(message.content, trace);
    const auto uid = town_.put(model_.home, "INBOX", text, 0, 1'700'000'000);
    message.at[1 - m] = {.there = true, .folder = 0, .uid = uid};
    tell(fmt::format("{} comes late to home", message.content));
    return;
  }
  const int content = next_content_++;
  const std::string trace = trace_of(content);
  const std::string text = bytes_of(content, trace);
  const auto uid = town_.put(static_cast<int>(m), "INBOX", text, 0, 1'700'000'000);
  Message& message = model_.add(content, static_cast<int>(m), 0, uid, 0);
  message.traced = true;
  message.at[m].ours = true;
  tell(fmt::format("{} comes through the gateway, to the mirror first", content));
}

void History::flag() {
  const int side = roll(2);
  Message* message = pick(side, false);
  if (message == nullptr) return;
  Replica& replica = message->at[static_cast<std::size_t>(side)];
  const auto flags = some_flags[static_cast<std::size_t>(roll(5))];
  town_.set_flags(side, name(side, replica.folder), replica.uid, flags);
  replica.flags = flags;
  flagged_.insert(message->content);
  tell(fmt::format("{} gets flags {} on {}", message->content, flags, side));
}

void History::remove() {
  const int side = roll(3) == 0 ? 1 - model_.home : model_.home;
  Message* message = pick(side, true);
  if (message == nullptr) return;
  Replica& replica = message->at[static_cast<std::size_t>(side)];
  Replica& other = message->at[static_cast<std::size_t>(1 - side)];
  town_.remove(side, name(side, replica.folder), replica.uid);
  touched_.insert(message->content);
  tell(fmt::format("{} is removed on {} from {}", message->content, side,
                   name(side, replica.folder)));
  replica.there = false;
  if (side != model_.home) let_go(*message);
  // It may have been copied before the crash, and be taken away again.
  if (crashed_ && wanted_.propagate && !message->paired && !message->orphan && !message->traced &&
      !other.there) {
    model_.doubtful[static_cast<std::size_t>(1 - side)].push_back(message->content);
    return;
  }
  if (crashed_ && !message->paired && !message->orphan && !message->traced && !other.there) {
    other = {.there = true, .folder = replica.folder, .flags = replica.flags, .unsure = true};
    message->orphan = true;
  }
}

void History::move() {
  const int side = roll(4) == 0 ? 1 - model_.home : model_.home;
  Message* message = pick(side, true);
  if (message == nullptr) return;
  Replica& replica = message->at[static_cast<std::size_t>(side)];
  const int to = pick_folder(side);
  if (to == replica.folder || has_trouble(to)) return;
  // Where it is done by COPY, a crash may leave it in both folders.
  if (moveless_ && wanted_.crashes && side == model_.home) return;
  const int from = replica.folder;
  if (side != model_.home) let_go(*message);
  const auto uid = town_.carry(side, name(side, from), replica.uid, name(side, to), true);
  replica.folder = to;
  replica.uid = uid;
  touched_.insert(message->content);
  tell(fmt::format("{} is moved on {} from {} to {} uid {}", message->content, side,
                   name(side, from), name(side, to), uid));
}

void History::copy() {
  const int side = model_.home;
  const Message* message = pick(side, true);
  if (message == nullptr || message->traced) return;
  const Replica replica = message->at[static_cast<std::size_t>(side)];
  const int to = pick_folder(side);
  if (to == replica.folder || has_trouble(to)) return;
  const int content = message->content;
  const auto uid =
      town_.carry(side, name(side, replica.folder), replica.uid, name(side, to), false);
  model_.add(content, side, to, uid, replica.flags);
  touched_.insert(content);
  note_choice(content, to);
  tell(fmt::format("{} is copied on {} to {} uid {}", content, side, name(side, to), uid));
}

// Which of several that were left it meets, nobody can tell.
void History::note_choice(int content, int folder) {
  const auto left = std::ranges::count_if(model_.messages, [=](const Message& one) {
    return one.orphan && one.content == content && one.folder == folder;
  });
  if (left > 1) mixed_up_.insert(content);
}

// To the folder where the other side's copy was left. On the mirror, the gateway's copies wait for
// home's: see arrive_late().
void History::come_back() {
  std::vector<const Message*> all;
  for (const Message& message : model_.messages)
    if (message.orphan && !touched_.contains(message.content) &&
        !mixed_up_.contains(message.content) && !has_trouble(message.folder))
      all.push_back(&message);
  if (all.empty()) return;
  const Message left = *all[static_cast<std::size_t>(roll(static_cast<int>(all.size())))];
  const int side = left.at[0].there ? 1 : 0;
  if (left.traced && side != model_.home) return;
  const Folder& folder = model_.folders[static_cast<std::size_t>(left.folder)];
  if (!folder.there[static_cast<std::size_t>(side)]) return;
  const auto flags = some_flags[static_cast<std::size_t>(roll(5))];
  const std::string text = bytes_of(left.content, left.traced ? trace_of(left.content) : "");
  const auto uid = town_.put(side, name(side, left.folder), text, flags, 1'700'000'000);
  model_.add(left.content, side, left.folder, uid, flags).traced = left.traced;
  note_choice(left.content, left.folder);
  touched_.insert(left.content);
  tell(fmt::format("{} is back on {} in {} uid {}", left.content, side, name(side, left.folder),
                   uid));
}

// Of a new folder. At home some are below Alt or Neu, which the `map` line of the town makes each
// other's counterparts; or it is the name that the counterpart of a folder has, best of one that is
// gone: two folders want the same one then.
std::string History::pick_name(int side) {
  const auto h = static_cast<std::size_t>(model_.home);
  std::string name = fmt::format("Work {}", next_folder_++);
  if (side != model_.home || crashed_ || roll(2) == 0) return name;
  std::string other = fmt::format("{}/{}", roll(2) == 0 ? "Alt" : "Neu", 1 + roll(2));
  for (const Folder& folder : model_.folders)
    if (!folder.there[h] && folder.paired && roll(2) == 0) other = folder.name[1 - h];
  const bool known = std::ranges::any_of(model_.folders, [&](const Folder& folder) {
    return folder.name[h] == other || (!folder.paired && folder.name[1 - h] == other);
  });
  return known ? name : other;
}

void History::make_folder() {
  const int side = roll(4) == 0 ? 1 - model_.home : model_.home;
  const std::string made = pick_name(side);
  REQUIRE(town_.mailbox(side).create(made) != nullptr);
  Folder folder;
  folder.name = {made, made};
  folder.there[static_cast<std::size_t>(side)] = true;
  folder.contacted = true;  // only ever filled by us on the other side
  model_.folders.push_back(folder);
  tell(fmt::format("folder {} is made on {}", made, side));
}

void History::rename_folder() {
  const int side = model_.home;
  if (crashed_) return;
  const int which = pick_folder(side);
  Folder& folder = model_.folders[static_cast<std::size_t>(which)];
  if (which < 3 || has_trouble(which)) return;
  const std::string renamed = fmt::format("Renamed {}", next_folder_++);
  const std::string before = name(side, which);
  REQUIRE(town_.mailbox(side).rename(before, renamed));
  folder.name[static_cast<std::size_t>(side)] = renamed;
  if (folder.there[0] && folder.there[1]) folder.name = {renamed, renamed};
  troubled_.insert(which);
  tell(fmt::format("folder {} is renamed to {} on {}", before, renamed, side));
}

void History::remove_folder() {
  const int side = roll(2);
  const auto s = static_cast<std::size_t>(side);
  const int which = pick_folder(side);
  Folder& folder = model_.folders[static_cast<std::size_t>(which)];
  if (which < 3 || has_trouble(which) || crashed_) return;
  // What was moved or copied out of it or into it shall not blur what is expected.
  for (const Message& message : model_.messages)
    if (touched_.contains(message.content) || fresh_.contains(message.content))
      for (const Replica& replica : message.at)
        if ((replica.there && replica.folder == which) || message.folder == which) return;
  // A mirror's folder is made again and filled: which of several equal ones is which, nobody can
  // tell then.
  const std::set<int> twins = twins_in(which);
  if (side != model_.home) mixed_up_.insert(twins.begin(), twins.end());
  REQUIRE(town_.mailbox(side).remove(name(side, which)));
  troubled_.insert(which);
  folder.there[s] = false;
  if (side != model_.home && folder.there[static_cast<std::size_t>(model_.home)])
    folder.removed_on_mirror = true;
  tell(fmt::format("folder {} is removed on {}", name(side, which), side));
  for (Message& message : model_.messages) {
    if (!message.at[s].there || message.at[s].folder != which) continue;
    message.at[s].there = false;
    touched_.insert(message.content);
  }
}

// Contents that are in the folder more than once, on either side.
std::set<int> History::twins_in(int folder) const {
  std::set<int> twins;
  for (std::size_t side = 0; side < 2; ++side) {
    std::set<int> once;
    for (const Message& message : model_.messages)
      if (message.at[side].there && message.at[side].folder == folder &&
          !once.insert(message.content).second)
        twins.insert(message.content);
  }
  return twins;
}

void History::renumber() {
  const int side = roll(2);
  const int which = pick_folder(side);
  if (has_trouble(which)) return;
  // What was moved out of it in this window is recognised by its UID alone, and has none now.
  for (const Message& message : model_.messages)
    if (touched_.contains(message.content))
      for (const Replica& replica : message.at)
        if (replica.folder == which || message.folder == which) return;
  // Which of several equal ones is which, nobody can tell then.
  const std::set<int> twins = twins_in(which);
  for (const int content : twins)
    if (flagged_.contains(content)) return;
  mixed_up_.insert(twins.begin(), twins.end());
  town_.renumber(side, name(side, which));
  troubled_.insert(which);
  for (Message& message : model_.messages) {
    Replica& replica = message.at[static_cast<std::size_t>(side)];
    if (replica.there && replica.folder == which && side != model_.home) let_go(message);
    if (replica.there && replica.folder == which && replica.uid != 0) replica.uid += 1'000'000;
  }
  tell(fmt::format("folder {} gets a new UIDVALIDITY on {}", name(side, which), side));
  return;
}

}  // namespace tandem::sync::model
