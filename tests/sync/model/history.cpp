#include "tests/sync/model/history.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "lib/net/wait.hpp"

namespace tandem::sync::model {
History::History(Town& town, std::uint64_t seed, Wanted wanted)
    : town_(town), wanted_(wanted), random_(seed) {
  for (const std::string& known : {"INBOX", "Sent", "Trash"}) {
    Folder folder;
    folder.name = {known, known};
    folder.there = {true, true};
    model_.folders.push_back(folder);
  }
  model_.propagate = wanted.propagate;
  model_.brake = wanted.brake;
}

void History::tell(std::string line) {
  told_ += line;
  told_ += '\n';
}

void History::blame(std::string line) {
  tell("WRONG: " + line);
  fault_ += line;
  fault_ += '\n';
}

const std::string& History::name(int side, int folder) const {
  return model_.folders[static_cast<std::size_t>(folder)].name[static_cast<std::size_t>(side)];
}

std::string History::bytes_of(int content, const std::string& trace) const {
  std::string bytes;
  if (!trace.empty())
    bytes = "Received: from a.example by tandem.example with ESMTP id " + trace +
            "; Tue, 24 Nov 2026 09:00:00 +0900\r\n";
  bytes += fmt::format(
      "From: Aoki <aoki@example.jp>\r\nTo: Baba <baba@example.jp>\r\n"
      "Date: Tue, 24 Nov 2026 09:00:00 +0900\r\nMessage-ID: <{0}@example.jp>\r\nSubject: "
      "{0}\r\n\r\n",
      content);
  bytes.append(static_cast<std::size_t>(content % 7) * 40, 'x');
  return bytes + "\r\n";
}

Task<void> History::run() {
  for (const Side side : {Side::new_side, Side::old_side}) {
    const bool poor = roll(4) == 0;
    if (poor) town_.make_poor(side);
    if (poor || !wanted_.propagate || roll(3) != 0) continue;
    town_.take_away_move(side);
    moveless_ = true;
  }
  for (const int side : {0, 1}) {
    town_.mailbox(side).has_labels = wanted_.labels;
    // Nobody archives: what goes from all folders is deleted.
    if (wanted_.labels) town_.mailbox(side).create("[Gmail]/All Mail")->attributes = "\\All";
  }
  fill();
  const int windows = roll(16) == 0 ? 8 : 2 + roll(3);
  for (int number = 0; number < windows && fault_.empty(); ++number) co_await window(number);
}

// Both sides before the first contact.
void History::fill() {
  const int count = roll(8);
  for (int at = 0; at < count; ++at) {
    const int content = next_content_++;
    const int folder = roll(2);
    const int old_copies = 1 + roll(2);
    const int new_copies = roll(3);
    const std::int64_t date = 1'700'000'000 + content;
    for (int side = 0; side < 2; ++side)
      for (int copy = 0; copy < (side == 0 ? old_copies : new_copies); ++copy) {
        const std::string text = bytes_of(content, "");
        const auto uid = town_.put(side, name(side, folder), text, seen, date);
        model_.add(content, side, folder, uid, seen);
      }
    tell(fmt::format("before: {} x {} on old, x {} on new, in {}", content, old_copies, new_copies,
                     name(0, folder)));
    if (wanted_.labels && roll(2) == 0) label(content, folder);
  }
}

// The last message of a folder of the old side has another label, too.
void History::label(int content, int folder) {
  const int other = 1 - folder;
  const auto uid = town_.folder(0, name(0, folder)).messages.back().uid;
  const auto labelled = town_.carry(0, name(0, folder), uid, name(0, other), false);
  model_.add(content, 0, other, labelled, seen);
  tell(fmt::format("before: {} is on old in {}, too", content, name(0, other)));
}

Task<void> History::window(int number) {
  tell(fmt::format("-- window {}, home {}", number, model_.home));
  crashed_ = false;
  touched_.clear();
  troubled_.clear();
  flagged_.clear();
  fresh_.clear();
  const int acts = number == 0 ? roll(3) : 1 + roll(6);
  for (int at = 0; at < acts; ++at) act();
  if (wanted_.propagate) co_await decide_some();
  while (wanted_.crashes && roll(3) == 0 && fault_.empty()) {
    co_await crash();
    const int more = roll(4);
    for (int at = 0; at < more && crashed_; ++at) act();
  }
  if (!fault_.empty()) co_return;
  co_await pass();
  if (fault_.empty() && roll(2) == 0) co_await idle_pass();
  if (fault_.empty() && roll(3) == 0) co_await switch_home();
}

void History::act() {
  struct Choice {
    int weight;
    Act act;
  };
  static const std::array<Choice, 12> choices = {{{6, &History::arrive},
                                                  {3, &History::arrive_by_gateway},
                                                  {2, &History::arrive_late},
                                                  {5, &History::flag},
                                                  {4, &History::remove},
                                                  {4, &History::move},
                                                  {2, &History::copy},
                                                  {1, &History::make_folder},
                                                  {1, &History::rename_folder},
                                                  {1, &History::remove_folder},
                                                  {1, &History::renumber},
                                                  {3, &History::come_back}}};
  if (wanted_.propagate && roll(4) == 0) return remove();
  if (wanted_.labels && roll(4) == 0) return copy();
  if (wanted_.folders && roll(4) == 0) return roll(2) == 0 ? make_folder() : remove_folder();
  int at = roll(33);
  for (const Choice& choice : choices) {
    at -= choice.weight;
    if (at >= 0) continue;
    (this->*choice.act)();
    return;
  }
}

int History::pick_folder(int side) {
  while (true) {
    const int folder = roll(static_cast<int>(model_.folders.size()));
    if (model_.folders[static_cast<std::size_t>(folder)].there[static_cast<std::size_t>(side)])
      return folder;
  }
}

// After a crash nobody knows what of this window is where: then only what was settled before is
// touched on the mirror, and at home also what came since.
Message* History::pick(int side, bool structural) {
  std::vector<Message*> all;
  for (Message& message : model_.messages) {
    const Replica& replica = message.at[static_cast<std::size_t>(side)];
    if (!replica.there || replica.uid == 0 || replica.unsure || has_trouble(replica.folder))
      continue;
    if (mixed_up_.contains(message.content)) continue;
    // Gone here while an equal one is new there: moved, or removed and another one made?
    if (structural && has_new_twin(message, side)) continue;
    // A broken pass may have moved it and merged its flags, and its new UID is not known.
    if ((structural || crashed_) && touched_.contains(message.content)) continue;
    const bool settled = message.paired || message.orphan;
    if (crashed_ && !settled && (side != model_.home || message.traced)) continue;
    if (crashed_ && structural && !settled && model_.has_twin(message)) continue;
    if (crashed_ && model_.may_have_met(message)) continue;
    if (structural && !settled && message.traced && side != model_.home) continue;
    all.push_back(&message);
  }
  return all.empty() ? nullptr : all[static_cast<std::size_t>(roll(static_cast<int>(all.size())))];
}

bool History::has_new_twin(const Message& message, int side) const {
  return std::ranges::any_of(model_.messages, [&](const Message& other) {
    return &other != &message && other.content == message.content && !other.paired &&
           !other.orphan && other.at[static_cast<std::size_t>(side)].there;
  });
}

Task<void> History::switch_home() {
  // No id is learned of what the sync itself put on a side; should it go from there once that side
  // is home, nobody can tell whether it was archived, and its copy stays.
  if (wanted_.labels && wanted_.propagate) co_return;
  const auto phase = town_.world->registry->routes()->account(town_.world->account)->phase;
  if (phase == migration::Phase::mirror_new)
    co_await town_.world->step(migration::Step::roll_back);
  else
    co_await town_.cut_over();
  model_.home = 1 - model_.home;
  for (Message& message : model_.messages) let_go(message);
  tell("home changes sides");
}

// The servers have done what they got before the connections broke.
Task<void> History::quiet() {
  while (town_.sessions > 0) co_await net::yield_now();
}

// A pass that breaks somewhere: a connection after so many bytes, or the process at a commit.
Task<void> History::crash() {
  town_.heal();
  const int kind = roll(3);
  if (kind < 2) {
    const auto side = roll(2) == 0 ? Side::old_side : Side::new_side;
    town_.at(side).cut_after = 200 + static_cast<std::uint64_t>(roll(5000));
    tell(fmt::format("CRASH: side {} breaks after {} bytes", migration::name_of(side),
                     town_.at(side).cut_after));
  } else {
    const std::string plan =
        fmt::format("sync.{}:{}+:EIO", roll(2) == 0 ? "commit" : "committed", 1 + roll(12));
    tell("CRASH: " + plan);
    REQUIRE(store::fault::arm(plan));
  }
  const Side home = model_.home == 0 ? Side::old_side : Side::new_side;
  const auto done = co_await town_.world->sync->run_delta(town_.world->account, home);
  store::fault::disarm();
  town_.heal();
  co_await quiet();
  if (done && done->waits) tell("the day is used up");
  if (done && !done->waits) {  // it was over before
    settle();
    compare();
    crashed_ = false;
    touched_.clear();
    troubled_.clear();
    flagged_.clear();
    fresh_.clear();
    co_return;
  }
  crashed_ = true;
  look_after_crash();
}

// What the pass had done: what it has moved has another UID now; flags may be merged.
void History::look_after_crash() {
  std::map<std::pair<int, int>, std::vector<Letter>> letters;
  for (int side = 0; side < 2; ++side)
    for (int folder = 0; folder < static_cast<int>(model_.folders.size()); ++folder)
      letters[{side, folder}] = town_.read(side, name(side, folder));
  for (Message& message : model_.messages) {
    const auto merged = message.merged();
    int alike = 0;
    for (int side = 0; side < 2; ++side) {
      Replica& replica = message.at[static_cast<std::size_t>(side)];
      if (!replica.there || replica.uid == 0) continue;
      const auto& all = letters[{side, replica.folder}];
      const auto found = std::ranges::find(all, replica.uid, &Letter::uid);
      if (found == all.end()) {
        replica.uid = 0;
        continue;
      }
      if (!message.paired && !message.waiting) continue;
      const bool is_merged = std::ranges::find(merged, found->flags) != merged.end();
      if (is_merged) ++alike;
      // What is added and what is taken away are two commands.
      const bool is_between = std::ranges::any_of(merged, [&](std::uint32_t now) {
        return ((found->flags ^ replica.flags) & ~(now ^ replica.flags)) == 0;
      });
      if (!is_between && !mixed_up_.contains(message.content))
        blame(fmt::format("{} got flags {} instead of {} on {} in {}", message.content,
                          found->flags, replica.flags, side, name(side, replica.folder)));
      replica.flags = found->flags;
    }
    if (message.paired && alike == 2 && message.at[0].flags == message.at[1].flags &&
        std::ranges::find(message.agreed, message.at[0].flags) == message.agreed.end())
      message.agreed.push_back(message.at[0].flags);
  }
}

// As many days as it takes.
Task<Result<migration::DeltaReport>> History::run_pass() {
  const Side home = model_.home == 0 ? Side::old_side : Side::new_side;
  auto done = co_await town_.world->sync->run_delta(town_.world->account, home);
  for (int day = 0; day < 100 && done && done->waits; ++day) {
    tell("a day later");
    town_.next_day();
    done = co_await town_.world->sync->run_delta(town_.world->account, home);
  }
  co_return done;
}

Task<void> History::pass() {
  const auto done = co_await run_pass();
  if (!done) {
    blame("the pass failed: " + done.error().to_string());
    co_return;
  }
  settle();
  compare();
}

// Which name a folder gets on the mirror is for the sync to say; that it is no other folder's, and
// keeps its messages, is for the comparison to find.
void History::settle() {
  model_.settle();
  const auto shown = town_.world->sync->folders(town_.world->account);
  const auto h = static_cast<std::size_t>(model_.home);
  for (Folder& folder : model_.folders) {
    // It went before it had a counterpart: the name that one would have had is free.
    if (!folder.paired && !folder.there[0] && !folder.there[1]) folder.name[1 - h].clear();
    if (!folder.there[h]) continue;
    const auto found = std::ranges::find(shown, folder.name[h], &migration::FolderProgress::name);
    if (found == shown.end())
      blame(fmt::format("folder {} is not shown", folder.name[h]));
    else
      folder.name[1 - h] = found->mirror_name.empty() ? found->name : found->mirror_name;
  }
}

// Nothing is left to do: the next pass changes nothing.
Task<void> History::idle_pass() {
  const Side home = model_.home == 0 ? Side::old_side : Side::new_side;
  const auto done = co_await town_.world->sync->run_delta(town_.world->account, home);
  if (!done) {
    blame("the idle pass failed: " + done.error().to_string());
    co_return;
  }
  if (done->copied != 0 || done->flags_changed != 0 || done->quarantined != 0)
    blame(fmt::format("the idle pass copied {}, changed {} and removed {}", done->copied,
                      done->flags_changed, done->quarantined));
  for (const auto& folder : town_.world->sync->folders(town_.world->account))
    if (folder.target_messages < folder.source_messages)
      blame(fmt::format("{}: {} of {} are on the other side", folder.name, folder.target_messages,
                        folder.source_messages));
  compare();
}

void History::compare() {
  for (int side = 0; side < 2; ++side)
    for (std::size_t folder = 0; folder < model_.folders.size(); ++folder)
      compare_folder(side, static_cast<int>(folder));
  for (int side = 0; side < 2; ++side) compare_quarantine(side);
  for (Message& message : model_.messages) {
    if (message.paired && message.at[0].flags != message.at[1].flags &&
        !mixed_up_.contains(message.content))
      blame(fmt::format("{} has flags {} on old and {} on new", message.content,
                        message.at[0].flags, message.at[1].flags));
    model_.resolve(message);
  }
}

namespace {

bool fits(std::uint32_t flags, const Replica& replica) {
  return flags == replica.flags ||
         std::ranges::find(replica.or_flags, flags) != replica.or_flags.end();
}

}  // namespace

void History::compare_folder(int side, int folder) {
  std::vector<Letter> letters = town_.read(side, name(side, folder));
  const auto take = [&](Replica& replica, int content, bool exact) {
    const auto is_it = [&](const Letter& letter) {
      return letter.content == content && (replica.uid == 0 || replica.uid == letter.uid) &&
             (!exact || fits(letter.flags, replica));
    };
    const auto found = std::ranges::find_if(letters, is_it);
    if (found == letters.end()) return false;
    if (crashed_ && replica.uid == 0 && std::ranges::count_if(letters, is_it) > 1)
      mixed_up_.insert(content);
    if (!fits(found->flags, replica) && !replica.unsure && !mixed_up_.contains(content))
      blame(fmt::format("{} has flags {} instead of {} on {} in {}", content, found->flags,
                        replica.flags, side, name(side, folder)));
    replica.uid = found->uid;
    replica.flags = found->flags;
    letters.erase(found);
    return true;
  };
  // First those whose UID is known, last those that may be missing.
  for (const int turn : {0, 1, 2})
    for (Message& message : model_.messages) {
      Replica& replica = message.at[static_cast<std::size_t>(side)];
      if (!replica.there || replica.folder != folder) continue;
      if (turn != (replica.unsure ? 2 : replica.uid != 0 ? 0 : 1)) continue;
      if (take(replica, message.content, true) || take(replica, message.content, false)) continue;
      if (!replica.unsure)
        blame(fmt::format("{} is missing on {} in {}", message.content, side, name(side, folder)));
      replica.there = false;
    }
  for (const Letter& letter : letters)
    blame(fmt::format("{} is too much on {} in {}", letter.content, side, name(side, folder)));
}

}  // namespace tandem::sync::model
