// Deletions that are carried over: to quarantine, back from it, and what the brake holds.
#include "lib/store/fault.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

constexpr std::string_view quarantine = migration::quarantine_folder;

const std::string inbox("INBOX");
const std::string everywhere;

config::SyncSettings& settings_of(TwoSides& two) {
  two.world->settings.sync.propagate_deletes = true;
  return two.world->settings.sync;
}

migration::DeletionReport told(const TwoSides& two) {
  const auto report = two.world->sync->deletions(two.world->account, 100);
  REQUIRE(report);
  return *report;
}

Task<void> fill(TwoSides& two, int messages = 4) {
  for (int at = 1; at <= messages; ++at) co_await two.put(old_side, letter(std::to_string(at)));
  co_await two.pass();
  REQUIRE(two.mailbox(new_side).size() == static_cast<std::size_t>(messages));
}

Task<std::uint64_t> undo_all(TwoSides& two) {
  std::vector<std::int64_t> all;
  const auto done = co_await two.world->sync->undo(two.world->account, std::move(all));
  if (!done) FAIL(done.error().to_string());
  co_return done->restored;
}

Task<void> to_quarantine_and_back(TwoSides& two) {
  co_await fill(two);
  co_await two.set_flags(new_side, 2, "\\Answered");  // what people did there goes with it
  co_await two.set_flags(old_side, 2, "\\Deleted", true);
  auto report = co_await two.pass();
  CHECK(report.quarantined == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  REQUIRE(two.mailbox(new_side, quarantine).size() == 1);
  CHECK(two.mailbox(new_side, quarantine)[0].bytes == letter("2"));
  CHECK(two.mailbox(new_side, quarantine)[0].flags == 2);
  CHECK(two.mailbox(old_side, quarantine).empty());
  auto seen = told(two);
  CHECK(seen.propagated);
  REQUIRE(seen.messages.size() == 1);
  CHECK(seen.messages[0].state == "quarantined");
  CHECK(seen.messages[0].subject == "2");
  CHECK(seen.messages[0].folder == "INBOX");
  CHECK(!seen.messages[0].expunge_at);

  report = co_await two.pass();
  CHECK(report.quarantined + report.copied == 0);
  const auto restored = co_await undo_all(two);
  CHECK(restored == 1);
  CHECK(two.mailbox(new_side).size() == 4);
  CHECK(two.mailbox(new_side, quarantine).empty());
  // It stays where it is: not brought home, not removed again.
  for (int at = 0; at < 2; ++at) {
    report = co_await two.pass();
    CHECK(report.quarantined + report.copied == 0);
  }
  CHECK(two.mailbox(new_side).size() == 4);
  CHECK(two.mailbox(old_side).size() == 3);
  seen = told(two);
  CHECK(seen.messages[0].state == "restored");
  const auto verified = co_await two.world->sync->verify(two.world->account, true);
  REQUIRE(verified);
  CHECK(verified->clean);
}

Task<void> not_asked_for(TwoSides& two) {
  co_await fill(two);
  co_await two.remove(old_side, 2);
  const auto report = co_await two.pass();
  CHECK(report.quarantined == 0);
  CHECK(two.mailbox(new_side).size() == 4);
  CHECK(!told(two).propagated);
}

// What was there before, what came there by itself, and what a person removed on the mirror.
Task<void> only_ours(TwoSides& two) {
  co_await two.put(old_side, letter("before"));
  co_await two.put(new_side, letter("before"));
  co_await two.pass();
  co_await two.put(new_side, letter("straggler"));
  co_await two.put(old_side, letter("copied"));
  co_await two.pass();
  REQUIRE(two.mailbox(old_side).size() == 3);
  for (const Uid uid : {1, 2, 3}) co_await two.remove(old_side, uid);
  auto report = co_await two.pass();
  CHECK(report.quarantined == 1);
  CHECK(two.mailbox(new_side).size() == 2);
  co_await two.put(old_side, letter("another"));
  co_await two.pass();
  co_await two.remove(new_side, 4);
  report = co_await two.pass();
  CHECK(report.quarantined == 0);
  CHECK(two.mailbox(old_side).size() == 1);
}

Task<void> moved_then_removed(TwoSides& two) {
  co_await fill(two);
  const auto user = co_await two.client(old_side);
  REQUIRE(co_await user->select(inbox));
  imap::SequenceSet set;
  set.add(2);
  const std::string sent("Sent");
  REQUIRE(co_await user->move(set, sent));
  auto report = co_await two.pass();
  CHECK(report.quarantined == 0);
  CHECK(two.mailbox(new_side, "Sent").size() == 1);
  REQUIRE(co_await user->select(sent));
  imap::SequenceSet one;
  one.add(1);
  const std::vector<std::string> deleted(1, "\\Deleted");
  REQUIRE(co_await user->store(one, imap::command::StoreAction::add, deleted));
  REQUIRE(co_await user->expunge_all());
  report = co_await two.pass();
  CHECK(report.quarantined == 1);
  CHECK(two.mailbox(new_side, "Sent").empty());
  CHECK(two.mailbox(new_side, quarantine).size() == 1);
}

Task<void> braked(TwoSides& two) {
  co_await fill(two, 8);
  for (const Uid uid : {1, 2, 3}) co_await two.remove(old_side, uid);
  auto report = co_await two.pass();
  CHECK(report.quarantined == 0);
  CHECK(report.held == 3);
  CHECK(two.mailbox(new_side).size() == 8);
  const auto progress = two.world->sync->progress(two.world->account);
  CHECK(progress.state == migration::CopyState::needs_you);
  CHECK(progress.problem.find("3 deletions are held: 3 of 'INBOX'") != std::string::npos);
  CHECK(!progress.next_step.empty());
  REQUIRE(told(two).held.size() == 1);
  CHECK(told(two).held[0].messages == 3);
  // While a decision is awaited, whatever else is removed there waits too.
  co_await two.remove(old_side, 4);
  report = co_await two.pass();
  CHECK(report.held == 4);
  CHECK(two.mailbox(new_side).size() == 8);
}

Task<void> allowed(TwoSides& two) {
  co_await braked(two);
  const auto decided = co_await two.world->sync->decide(two.world->account, inbox, true);
  REQUIRE(decided);
  CHECK(*decided == 4);
  const auto report = co_await two.pass();
  CHECK(report.quarantined == 4);
  CHECK(report.held == 0);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  CHECK(two.world->sync->progress(two.world->account).state == migration::CopyState::in_sync);
  const auto restored = co_await undo_all(two);
  CHECK(restored == 4);
  CHECK(two.mailbox(new_side).size() == 8);
}

Task<void> refused(TwoSides& two) {
  co_await braked(two);
  REQUIRE(co_await two.world->sync->decide(two.world->account, everywhere, false));
  auto report = co_await two.pass();
  CHECK(report.quarantined + report.held == 0);
  CHECK(two.mailbox(new_side).size() == 8);
  const auto again = co_await two.world->sync->decide(two.world->account, everywhere, true);
  CHECK(!again);
  co_await two.remove(old_side, 5);
  report = co_await two.pass();
  CHECK(report.quarantined == 1);
}

Task<void> home_moved(TwoSides& two) {
  co_await braked(two);
  co_await two.cut_over();
  const auto report = co_await two.pass(new_side);
  CHECK(report.quarantined + report.held == 0);
  CHECK(two.mailbox(new_side).size() == 8);
  CHECK(two.mailbox(old_side).size() == 4);
  CHECK(told(two).held.empty());
}

Task<void> vanished_folder(TwoSides& two) {
  co_await fill(two);
  const std::string work("Work");
  const auto user = co_await two.client(old_side);
  REQUIRE(co_await user->create(work));
  co_await two.put(old_side, letter("w"), "", work);
  co_await two.pass();
  REQUIRE(co_await user->remove(work));
  const auto report = co_await two.pass();
  CHECK(report.held == 1);
  CHECK(two.mailbox(new_side, work).size() == 1);
}

// The message at the noted UID is not the one that is meant.
Task<void> another_message(TwoSides& two) {
  co_await fill(two);
  co_await two.remove(old_side, 2);
  two.at(new_side).replace.emplace_back("Subject: 2", "Subject: x");
  const auto report = co_await two.pass();
  CHECK(report.quarantined == 0);
  CHECK(two.mailbox(new_side).size() == 4);
  REQUIRE(told(two).messages.size() == 1);
  CHECK(told(two).messages[0].state == "left_alone");
  CHECK(told(two).messages[0].why.find("same one") != std::string::npos);
}

// A new UIDVALIDITY at home, and messages that are not in the folder any more: nobody knows why.
Task<void> renumbered(TwoSides& two) {
  co_await fill(two);
  const auto user = co_await two.client(old_side);
  const std::string work("Work");
  REQUIRE(co_await user->create(work));
  co_await two.put(old_side, letter("w1"), "", work);
  co_await two.put(old_side, letter("w2"), "", work);
  co_await two.pass();
  REQUIRE(co_await user->remove(work));
  REQUIRE(co_await user->create(work));
  co_await two.put(old_side, letter("w2"), "", work);
  const auto report = co_await two.pass();
  CHECK(report.quarantined + report.held == 0);
  CHECK(two.mailbox(new_side, work).size() == 2);
}

// By COPY and UID EXPUNGE: what others have marked as deleted there stays.
Task<void> without_move(TwoSides& two) {
  two.take_away_move(new_side);
  two.at(new_side).listen = true;
  co_await fill(two);
  co_await two.set_flags(new_side, 3, "\\Deleted");
  co_await two.remove(old_side, 2);
  const auto report = co_await two.pass();
  CHECK(report.quarantined == 1);
  CHECK(two.mailbox(new_side).size() == 3);
  CHECK(two.mailbox(new_side, quarantine).size() == 1);
  CHECK(two.mailbox(new_side, quarantine)[0].flags == 0);
  CHECK(two.heard(new_side, "UID MOVE") == 0);
  CHECK(two.heard(new_side, "UID EXPUNGE") == 1);
}

Task<void> without_anything(TwoSides& two) {
  two.make_poor(new_side);
  two.take_away_move(new_side);
  two.at(new_side).listen = true;
  co_await fill(two);
  co_await two.remove(old_side, 2);
  const auto report = co_await two.pass();
  CHECK(report.quarantined == 0);
  CHECK(two.mailbox(new_side).size() == 4);
  CHECK(two.heard(new_side, "EXPUNGE") == 0);
  CHECK(told(two).messages[0].state == "left_alone");
  CHECK(told(two).messages[0].why.find("UIDPLUS") != std::string::npos);
}

Task<void> time_is_over(TwoSides& two, ManualClock& clock) {
  co_await fill(two);
  co_await two.remove(old_side, 2);
  co_await two.pass();
  REQUIRE(told(two).messages.size() == 1);
  CHECK(told(two).messages[0].expunge_at == clock.wall() + std::chrono::days(7));
  clock.advance(std::chrono::days(6));
  co_await two.remove(old_side, 3);
  co_await two.pass();
  CHECK(two.mailbox(new_side, quarantine).size() == 2);
  clock.advance(std::chrono::days(1));
  // What a person puts there himself is his.
  const std::string there(quarantine);
  co_await two.put(new_side, letter("mine"), "\\Deleted", there);
  co_await two.pass();
  CHECK(two.mailbox(new_side, quarantine).size() == 2);
  CHECK(told(two).quarantined == 1);
  const auto restored = co_await undo_all(two);
  CHECK(restored == 1);
  CHECK(two.mailbox(new_side).size() == 3);
}

// Breaks off at the n-th commit, or after n bytes on a side; then all is well.
Task<void> broken(TwoSides& two, std::string plan, std::uint64_t bytes) {
  co_await fill(two);
  co_await two.remove(old_side, 2);
  co_await two.remove(old_side, 3);
  two.heal();
  if (plan.empty())
    two.at(new_side).cut_after = bytes;
  else
    REQUIRE(store::fault::arm(plan));
  (void)co_await two.world->sync->run_delta(two.world->account, old_side);
  store::fault::disarm();
  two.heal();
  co_await two.pass();
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  CHECK(two.mailbox(new_side, quarantine).size() == 2);
  CHECK(told(two).quarantined == 2);
  const auto restored = co_await undo_all(two);
  CHECK(restored == 2);
  co_await two.pass();
  CHECK(two.mailbox(new_side).size() == 4);
  CHECK(two.mailbox(old_side).size() == 2);
}

template <class Story>
void tell(Story story) {
  TwoSides two;
  settings_of(two).brake_messages = 2;
  two.run(story(two));
}

}  // namespace

TEST_CASE("Deletions: to quarantine, and back by undo") {
  tell(to_quarantine_and_back);
}
TEST_CASE("Deletions: nothing is removed unless the migration says so") {
  TwoSides two;
  two.run(not_asked_for(two));
}
TEST_CASE("Deletions: only copies of ours, and never at home") {
  tell(only_ours);
}
TEST_CASE("Deletions: a move is none; what was moved is still ours") {
  tell(moved_then_removed);
}
TEST_CASE("Deletions: too many wait for a person, who allows them") {
  tell(allowed);
}
TEST_CASE("Deletions: too many wait for a person, who refuses them") {
  tell(refused);
}
TEST_CASE("Deletions: nothing held is removed where people read by now") {
  tell(home_moved);
}
TEST_CASE("Deletions: a folder that home does not list any more always asks") {
  tell(vanished_folder);
}
TEST_CASE("Deletions: another message at that UID is left alone") {
  tell(another_message);
}
TEST_CASE("Deletions: what a renumbered folder lacks was not removed") {
  tell(renumbered);
}
TEST_CASE("Deletions: without MOVE, and somebody's marked message stays") {
  tell(without_move);
}
TEST_CASE("Deletions: a server that removes all or nothing is asked for nothing") {
  tell(without_anything);
}
TEST_CASE("Deletions: after its time it is removed for good, and nothing else") {
  ManualClock clock;
  TwoSides two(clock);
  settings_of(two).quarantine_time = std::chrono::days(7);
  two.run(time_is_over(two, clock));
}
TEST_CASE("Deletions: once, wherever it breaks off") {
  for (const std::string point : {"commit", "committed"})
    for (int number = 1; number <= 8; ++number) {
      const std::string plan = "sync." + point + ":" + std::to_string(number) + "+:EIO";
      INFO(plan);
      TwoSides two;
      settings_of(two);
      two.run(broken(two, plan, 0));
    }
  for (const bool move : {true, false})
    for (std::uint64_t bytes = 0; bytes < 3000; bytes += 173) {
      INFO("cut after " << bytes << " bytes");
      TwoSides two;
      if (!move) two.take_away_move(new_side);
      settings_of(two);
      two.run(broken(two, "", bytes));
    }
}

}  // namespace tandem::sync
