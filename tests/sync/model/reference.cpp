#include "tests/sync/model/reference.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sync::model {

Message& Reference::add(int content, int side, int folder, std::uint32_t uid, std::uint32_t flags) {
  Message& message = messages.emplace_back();
  message.content = content;
  Replica& replica = message.at[static_cast<std::size_t>(side)];
  replica.there = true;
  replica.folder = folder;
  replica.uid = uid;
  replica.flags = flags;
  return message;
}

void Reference::settle() {
  settle_folders();
  pair_news();
  pair_returned();
  for (Message& message : messages) {
    const Replica& theirs = message.at[static_cast<std::size_t>(1 - home)];
    if (message.allowed) {
      quarantine(message);
      continue;
    }
    if (message.orphan && theirs.there && theirs.folder != message.folder &&
        !is_at_home(theirs.folder))
      bury(message);
    if (message.paired)
      settle_pair(message);
    else if (!message.orphan)
      settle_new(message);
  }
  for (Message& message : messages)
    if (message.orphan) follow(message, message.at[0].there ? 0 : 1);
  settle_removed();
  std::ranges::move(split_, std::back_inserter(messages));
  split_.clear();
  std::erase_if(messages, [](const Message& one) { return !one.at[0].there && !one.at[1].there; });
  for (Folder& folder : folders)
    if (folder.there[0] && folder.there[1]) folder.contacted = true;
}

// Too many at once, and those of a folder that home does not show any more, are held.
void Reference::settle_removed() {
  const auto is_held = [this](int folder) {
    return !is_at_home(folder) || std::ranges::any_of(messages, [folder](const Message& one) {
      return one.held && one.folder == folder;
    });
  };
  const bool too_many = removed_.size() > brake;
  std::vector<bool> held;
  for (const Message* message : removed_) held.push_back(too_many || is_held(message->folder));
  for (std::size_t at = 0; at < removed_.size(); ++at) {
    Message& message = *removed_[at];
    if (!held[at]) {
      quarantine(message);
      continue;
    }
    leave_alone(message, 1 - home);
    if (!is_at_home(message.folder)) bury(message);
    message.held = true;
  }
  removed_.clear();
}

void Reference::quarantine(Message& message) {
  const auto m = static_cast<std::size_t>(1 - home);
  message.allowed = false;
  Replica& theirs = message.at[m];
  if (!theirs.there) return;
  quarantined[m].push_back({message.content, theirs.folder, theirs.flags,
                            folders[static_cast<std::size_t>(theirs.folder)].name[m]});
  theirs.there = false;
}

void Reference::restore(int side, std::size_t which) {
  auto& inside = quarantined[static_cast<std::size_t>(side)];
  const Quarantined one = inside[which];
  inside.erase(inside.begin() + static_cast<std::ptrdiff_t>(which));
  Message& message = add(one.content, side, one.folder, 0, one.flags);
  leave_alone(message, side);
  if (!is_at_home(one.folder)) bury(message);
}

// Every folder of home is on the mirror; one that was removed there whole is filled again.
void Reference::settle_folders() {
  const auto h = static_cast<std::size_t>(home);
  const auto m = 1 - h;
  for (Folder& folder : folders) {
    if (!folder.there[h]) continue;
    if (!folder.there[m] && !folder.paired) folder.name[m] = folder.name[h];
    folder.there[m] = folder.paired = true;
    if (!std::exchange(folder.removed_on_mirror, false)) continue;
    const int index = static_cast<int>(&folder - folders.data());
    for (Message& message : messages)
      if (message.paired && message.folder == index && message.at[h].there &&
          message.at[h].folder == index && !message.at[m].there)
        message.paired = false;
  }
}

// First contact and twins: equal ones that are new on both sides, by count.
void Reference::pair_news() {
  const auto h = static_cast<std::size_t>(home);
  const auto m = 1 - h;
  const auto is_new = [](const Message& one) { return !one.paired && !one.orphan && !one.traced; };
  for (Message& left : messages) {
    if (!is_new(left) || !left.at[h].there || left.at[m].there) continue;
    for (Message& right : messages) {
      if (!is_new(right) || !right.at[m].there || right.at[h].there) continue;
      if (right.content != left.content || right.at[m].folder != left.at[h].folder) continue;
      left.at[m] = right.at[m];
      right.at[m].there = false;
      pair(left, {left.at[h].flags});
      break;
    }
  }
}

// What went from one side before, and is there again: it meets the copy that is left.
void Reference::pair_returned() {
  const auto h = static_cast<std::size_t>(home);
  for (const std::size_t side : {h, 1 - h})
    for (Message& back : messages) {
      if (back.paired || back.orphan || back.waiting || !back.at[side].there ||
          back.at[1 - side].there)
        continue;
      if (side != h && back.traced) continue;
      for (Message& left : messages) {
        if (!left.orphan || left.content != back.content) continue;
        const Replica& there = left.at[1 - side];
        if (!there.there || left.at[side].there || there.folder != left.folder) continue;
        if (there.folder != back.at[side].folder) continue;
        back.at[1 - side] = there;
        left.at[1 - side].there = left.held = left.allowed = false;
        pair(back, {back.at[h].flags});
        break;
      }
    }
}

bool Reference::has_twin(const Message& message) const {
  return std::ranges::any_of(messages, [&](const Message& other) {
    return other.content == message.content && !other.paired && !other.orphan &&
           other.at[0].there != message.at[0].there && other.at[1].there != message.at[1].there;
  });
}

bool Reference::may_have_met(const Message& message) const {
  if (message.paired) return false;
  return std::ranges::any_of(messages, [&](const Message& other) {
    return other.content == message.content && !other.paired && other.orphan != message.orphan &&
           other.at[0].there != message.at[0].there && other.at[1].there != message.at[1].there;
  });
}

std::vector<std::uint32_t> Message::merged() const {
  if (!paired) return {at[0].flags | at[1].flags};  // the gateway's two copies
  std::vector<std::uint32_t> all;
  for (const std::uint32_t base : agreed) {
    const std::uint32_t now = base ^ ((at[0].flags ^ base) | (at[1].flags ^ base));
    if (std::ranges::find(all, now) == all.end()) all.push_back(now);
  }
  return all;
}

void Reference::pair(Message& message, std::vector<std::uint32_t> flags) {
  message.paired = true;
  message.waiting = false;
  message.folder = message.at[static_cast<std::size_t>(home)].folder;
  for (Replica& one : message.at) {
    one.flags = flags.front();
    one.or_flags = flags;
  }
  message.agreed = std::move(flags);
}

bool Reference::is_at_home(int folder) const {
  return folders[static_cast<std::size_t>(folder)].there[static_cast<std::size_t>(home)];
}

// The copy on `side` is what is left of the message.
void Reference::leave_alone(Message& message, int side) {
  message.paired = false;
  message.orphan = true;
  follow(message, side);
}

// What a person has moved there is no copy of ours any more.
void Reference::follow(Message& message, int side) {
  Replica& replica = message.at[static_cast<std::size_t>(side)];
  if (replica.folder != message.folder) replica.ours = false;
  message.folder = replica.folder;
}

void Reference::bury(Message& message) {
  message.orphan = message.traced = false;  // no copy of the gateway's is waited for any more
  message.buried = true;
}

void Reference::settle_pair(Message& message) {
  const auto h = static_cast<std::size_t>(home);
  const auto m = 1 - h;
  Replica& ours = message.at[h];
  Replica& theirs = message.at[m];
  const bool at_home = ours.there && ours.folder == message.folder;
  const bool on_mirror = theirs.there && theirs.folder == message.folder;
  if (at_home && on_mirror) {
    pair(message, message.merged());
  } else if (ours.there && !at_home && on_mirror) {  // moved at home: so is the mirror's
    theirs.folder = ours.folder;
    theirs.uid = 0;
    pair(message, message.merged());
  } else if (!ours.there && on_mirror && propagate && theirs.ours) {
    removed_.push_back(&message);
  } else if (ours.there && theirs.there && ours.folder == theirs.folder) {
    pair(message, message.merged());  // moved alike on both sides
  } else if (ours.there && theirs.there) {
    Message other = message;
    other.at[h].there = false;
    leave_alone(other, static_cast<int>(m));
    // In a folder that only the mirror has, it is nobody's business yet.
    if (!is_at_home(theirs.folder)) bury(other);
    split_.push_back(other);
    theirs.there = false;
    leave_alone(message, home);
  } else {
    leave_alone(message, ours.there ? home : 1 - home);
    if (theirs.there && !is_at_home(theirs.folder)) bury(message);
  }
}

void Reference::settle_new(Message& message) {
  const auto h = static_cast<std::size_t>(home);
  const auto m = 1 - h;
  Replica& ours = message.at[h];
  Replica& theirs = message.at[m];
  if (ours.there && theirs.there) {  // the gateway's two copies
    if (theirs.folder != ours.folder) theirs.uid = 0;
    theirs.folder = ours.folder;
    pair(message, message.merged());
  } else if (message.waiting || (theirs.there && message.traced)) {
    message.waiting = true;
  } else if (ours.there) {
    theirs = {.there = true, .folder = ours.folder, .flags = ours.flags, .ours = true};
    theirs.unsure = std::exchange(message.buried, false);
    pair(message, {ours.flags});
  } else if (theirs.there) {
    const Folder& folder = folders[static_cast<std::size_t>(theirs.folder)];
    if (!folder.there[h]) return;
    if (!folder.contacted) return leave_alone(message, static_cast<int>(m));
    ours = {.there = true, .folder = theirs.folder, .flags = theirs.flags, .ours = true};
    ours.unsure = std::exchange(message.buried, false);
    pair(message, {theirs.flags});
  }
}

void Reference::resolve(Message& message) const {
  if (message.paired) message.agreed.assign(1, message.at[0].flags);
  for (Replica& replica : message.at) replica.or_flags.clear();
  if (!message.at[0].unsure && !message.at[1].unsure) return;
  message.paired = message.at[0].there && message.at[1].there;
  message.orphan = !message.paired;
  const auto h = static_cast<std::size_t>(home);
  message.folder = message.at[h].there ? message.at[h].folder : message.at[1 - h].folder;
  message.agreed.assign(1, message.at[h].flags);
  message.at[0].unsure = message.at[1].unsure = false;
}

}  // namespace tandem::sync::model
