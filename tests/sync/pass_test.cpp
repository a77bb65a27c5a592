// Passes between two in-process servers: copies, both directions, tombstones, resets. How often
// they ask: round_trips_test.cpp.
#include "tests/sync/two_sides.hpp"
#include "tests/sync/waiting.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

std::string traced(const std::string& subject, const std::string& trace) {
  return "Received: from a.example by tandem.example with ESMTP id " + trace +
         "; Tue, 24 Nov 2026 09:00:00 +0900\r\n" + letter(subject);
}

Task<void> first_copy(TwoSides& two) {
  for (int at = 0; at < 25; ++at)
    co_await two.put(old_side, letter(std::to_string(at % 20)), "\\Seen \\Flagged");
  co_await two.put(old_side, letter("sent"), "", "Sent");
  auto report = co_await two.pass();
  CHECK(report.copied == 26);
  CHECK(report.source_messages == 26);
  CHECK(report.matched == 26);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  CHECK(two.mailbox(new_side, "Sent").size() == 1);
  report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 26);
  const auto verified = co_await two.world->sync->verify(two.world->account, true);
  REQUIRE(verified);
  CHECK(verified->clean);
}

Task<void> filled_target(TwoSides& two) {
  // Twice on the source, once on the target: one more is copied.
  for (const auto* subject : {"a", "a", "b", "c"}) co_await two.put(old_side, letter(subject));
  for (const auto* subject : {"a", "b", "x"}) co_await two.put(new_side, letter(subject));
  const auto report = co_await two.pass();
  CHECK(report.copied == 2);
  CHECK(report.matched == 4);
  CHECK(two.mailbox(new_side).size() == 5);
  CHECK(two.mailbox(old_side).size() == 4);  // what was there before stays there
}

Task<void> flags_and_removals(TwoSides& two) {
  for (const auto* subject : {"a", "b", "c", "d"}) co_await two.put(old_side, letter(subject));
  co_await two.pass();
  co_await two.set_flags(old_side, 1, "\\Seen $Forwarded");
  auto report = co_await two.pass();
  CHECK(report.flags_changed == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  co_await two.set_flags(old_side, 1, "");
  co_await two.pass();
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));

  co_await two.remove(old_side, 2);
  co_await two.remove(new_side, 3);
  report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(two.mailbox(old_side).size() == 3);
  CHECK(two.mailbox(new_side).size() == 3);
  CHECK(report.source_messages == 3);
  CHECK(report.matched == 3);
  // Also not after the sides have changed places.
  co_await two.cut_over();
  report = co_await two.pass(new_side);
  CHECK(report.copied == 0);
}

Task<void> arrivals(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  co_await two.pass();
  co_await two.put(new_side, letter("straggler"));
  co_await two.put(old_side, letter("b"));
  auto report = co_await two.pass();
  CHECK(report.copied == 2);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  CHECK(two.mailbox(old_side).size() == 3);
  report = co_await two.pass();
  CHECK(report.copied == 0);
  co_await two.cut_over();
  co_await two.put(old_side, letter("late"));
  report = co_await two.pass(new_side);
  CHECK(report.copied == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
}

Task<void> wrong_side(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  const auto refused = co_await two.world->sync->run_delta(two.world->account, new_side);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::conflict);
  CHECK(refused.error().what.find("home on the old side") != std::string::npos);
  CHECK(refused.error().what.find("from the new side") != std::string::npos);
  CHECK(two.mailbox(new_side).empty());
  CHECK(two.at(old_side).connections + two.at(new_side).connections == 1);  // that of put()
  CHECK(two.world->sync->progress(two.world->account).state == migration::CopyState::waiting);
  co_await two.pass();
  co_await two.cut_over();
  const auto stale = co_await two.world->sync->run_delta(two.world->account, old_side);
  CHECK_FALSE(stale);
  co_await two.put(new_side, letter("b"));
  const auto report = co_await two.pass(new_side);
  CHECK(report.copied == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
}

Task<void> gateway_copies(TwoSides& two) {
  const std::string trace = "abcdefghijklmnopqrstuvwxyz";
  co_await two.put(old_side, letter("a"));
  co_await two.pass();
  // On both sides by the gateway, each with a Received line of its own server on top.
  co_await two.put(old_side, traced("m", trace));
  co_await two.put(
      new_side, "Received: from x by y; Tue, 24 Nov 2026 09:00:01 +0900\r\n" + traced("m", trace));
  auto report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 2);
  // On the mirror only: removed at home, or home is late. It is not brought back …
  co_await two.put(new_side, traced("n", "bcdefghijklmnopqrstuvwxyza"));
  report = co_await two.pass();
  CHECK(report.copied == 0);
  // … and is the counterpart of the late one.
  co_await two.put(old_side, traced("n", "bcdefghijklmnopqrstuvwxyza"));
  report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 3);
}

Task<void> new_validity(TwoSides& two) {
  const std::string name("Work");
  for (const auto* subject : {"a", "a", "b"}) {
    const auto user = co_await two.client(old_side);
    (void)co_await user->create(name);
    co_await two.put(old_side, letter(subject), "", name);
  }
  co_await two.pass();
  // The home folder is made anew with the same messages: the ladder finds them all.
  const auto user = co_await two.client(old_side);
  REQUIRE(co_await user->remove(name));
  REQUIRE(co_await user->create(name));
  for (const auto* subject : {"b", "a", "a", "c"})
    co_await two.put(old_side, letter(subject), "", name);
  auto report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(two.mailbox(old_side, name) == two.mailbox(new_side, name));
  // The mirror's folder is made anew and is empty: everything is copied again.
  const auto there = co_await two.client(new_side);
  REQUIRE(co_await there->remove(name));
  REQUIRE(co_await there->create(name));
  report = co_await two.pass();
  CHECK(report.copied == 4);
  CHECK(two.mailbox(old_side, name) == two.mailbox(new_side, name));
}

// The server takes a message when it is put there directly, but refuses it by APPEND.
Task<void> put_giant(TwoSides& two) {
  auto draft = two.hall.office.draft(letter("giant", std::string(1'200'000, 'x') + "\r\n"));
  server::AppendBatch batch(*two.hall.office.boxes, two.hall.office.box(1, "INBOX").id);
  server::Flags none;
  imap::DateTime noon;
  noon.unix_seconds = 1'700'000'000;
  REQUIRE(co_await batch.add(std::move(draft), none, noon));
  REQUIRE(co_await batch.commit());
}

Task<void> too_big(TwoSides& two, bool poor) {
  if (poor) two.make_poor(new_side);
  for (const auto* subject : {"a", "b"}) co_await two.put(old_side, letter(subject));
  co_await put_giant(two);
  co_await two.put(old_side, letter("c"));
  auto report = co_await two.pass();
  CHECK(report.copied == 3);
  CHECK(report.skipped == 1);
  CHECK(report.matched == 3);
  const auto skipped = two.world->sync->skipped(two.world->account);
  REQUIRE(skipped.size() == 1);
  CHECK(skipped[0].subject == "giant");
  CHECK(skipped[0].uid == 3);
  CHECK_FALSE(skipped[0].reason.empty());
  CHECK_FALSE(skipped[0].next_step.empty());
  CHECK(two.world->sync->progress(two.world->account).state == migration::CopyState::in_sync_notes);
  report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(report.skipped == 1);
  two.world->sync->run_now(two.world->account);  // tries it again
  report = co_await two.pass();
  CHECK(report.skipped == 1);
  CHECK(two.mailbox(new_side).size() == 3);
}

// What was left out is told of until it has arrived, wherever a pass that tries it again breaks.
Task<void> tried_again_and_broken(TwoSides& two, Side side, std::uint64_t byte) {
  co_await put_giant(two);
  co_await two.pass();
  two.heal();
  two.at(side).cut_after = byte;
  two.world->sync->run_now(two.world->account);
  (void)co_await two.world->sync->run_delta(two.world->account, old_side);
  two.heal();
  const auto report = co_await two.pass();
  CHECK(report.skipped == 1);
  CHECK(two.world->sync->skipped(two.world->account).size() == 1);
}

Task<void> poor_servers(TwoSides& two) {
  two.make_poor(old_side);
  two.make_poor(new_side);
  for (int at = 0; at < 12; ++at) co_await two.put(old_side, letter(std::to_string(at % 5)));
  auto report = co_await two.pass();
  CHECK(report.copied == 12);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  co_await two.put(new_side, letter("straggler"));
  co_await two.set_flags(old_side, 3, "\\Answered");
  report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 13);
}

Task<void> moves_and_renames(TwoSides& two) {
  const std::string inbox("INBOX");
  const std::string work("Work");
  const std::string done("Done");
  auto user = co_await two.client(old_side);
  REQUIRE(co_await user->create(work));
  for (const auto* subject : {"a", "b", "c"}) co_await two.put(old_side, letter(subject));
  co_await two.settle();
  REQUIRE(co_await user->select(inbox));
  imap::SequenceSet first;
  first.add(1);
  REQUIRE(co_await user->move(first, work));
  REQUIRE(co_await user->rename(work, done));
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(two.heard(new_side, "APPEND") == 0);
  CHECK(two.heard(new_side, "RENAME") == 1);
  CHECK(two.heard(new_side, "MOVE") == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  CHECK(two.mailbox(new_side, done).size() == 1);
  CHECK(two.mailbox(old_side, done) == two.mailbox(new_side, done));
}

Task<void> flags_both_ways(TwoSides& two) {
  for (const auto* subject : {"a", "b"}) co_await two.put(old_side, letter(subject), "\\Seen");
  co_await two.pass();
  co_await two.set_flags(old_side, 1, "\\Seen \\Flagged");
  co_await two.set_flags(new_side, 1, "\\Answered");  // and no longer \Seen
  const auto report = co_await two.pass();
  CHECK(report.flags_changed == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  const auto answered_and_flagged = server::Flags::answered | server::Flags::flagged;
  CHECK(std::ranges::count(two.mailbox(old_side), answered_and_flagged, &TwoSides::Seen::flags) ==
        1);
}

Task<void> wrong_password(TwoSides& two) {
  migration::Account account = *two.world->registry->routes()->account(two.world->account);
  std::vector<config::AccountRow> rows(1);
  rows[0].address = account.address;
  rows[0].old_password = Secret("wrong");
  const std::string name("example");
  REQUIRE(co_await two.world->registry->import_accounts(name, std::move(rows), name));
  const auto report = co_await two.world->sync->run_delta(two.world->account, old_side);
  CHECK_FALSE(report);
  CHECK(two.at(old_side).connections == 1);
  CHECK(two.at(new_side).connections == 1);
  const auto progress = two.world->sync->progress(two.world->account);
  CHECK(progress.state == migration::CopyState::needs_you);
  CHECK_FALSE(progress.next_step.empty());
}

Task<void> in_background(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  co_await two.world->step(migration::Step::start);
  net::TaskGroup group(two.hall.net.executor());
  group.spawn(two.world->sync->run(group));
  const auto wait_for = [](TwoSides& of, std::size_t count) -> Task<void> {
    for (int at = 0;
         at < 1000 && (of.mailbox(new_side).size() < count || of.mailbox(old_side).size() < count);
         ++at)
      (void)co_await net::sleep_for(Duration(10));
  };
  co_await wait_for(two, 1);
  CHECK(two.mailbox(new_side).size() == 1);
  co_await two.put(old_side, letter("b"));  // IDLE tells
  co_await wait_for(two, 2);
  CHECK(two.mailbox(new_side).size() == 2);
  co_await two.put(new_side, letter("c"));
  co_await wait_for(two, 3);
  CHECK(two.mailbox(old_side).size() == 3);
  CHECK(co_await group.shut_down(std::chrono::seconds(10)));
}

// A pause ends the pass that runs, between two batches; what it had begun comes once.
Task<void> paused_in_the_middle(TwoSides& two) {
  for (int number = 0; number < 40; ++number)
    co_await two.put(old_side, letter(std::to_string(number)));
  const auto begun = [&] { return !two.mailbox(new_side).empty(); };
  const auto ended = [&] { return !two.world->sync->is_copying(two.world->account); };
  const auto done = [&] { return two.mailbox(new_side).size() >= 40; };
  co_await two.world->step(migration::Step::start);
  net::TaskGroup group(two.hall.net.executor());
  group.spawn(two.world->sync->run(group));
  co_await wait_until(begun);
  REQUIRE(two.world->sync->is_copying(two.world->account));
  const std::string who("test");
  REQUIRE(co_await two.world->registry->set_paused(two.world->account, true, who));
  co_await wait_until(ended);
  CHECK(two.mailbox(new_side).size() < 40);
  REQUIRE(co_await two.world->registry->set_paused(two.world->account, false, who));
  co_await wait_until(done);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
  CHECK(co_await group.shut_down(std::chrono::seconds(10)));
}

// The sync that runs in the background ends, whatever it is doing when it is asked to.
Task<void> ends_at_any_moment(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  co_await two.world->step(migration::Step::start);
  const net::Executor executor = two.hall.net.executor();
  for (int moment = 0; moment < 400; ++moment) {
    net::TaskGroup group(executor);
    group.spawn(two.world->sync->run(group));
    for (int turn = 0; turn < moment; ++turn) (void)co_await net::sleep_for(Duration(0));
    INFO("moment " << moment);
    REQUIRE(co_await group.shut_down(std::chrono::seconds(2)));
  }
}

}  // namespace

TEST_CASE("Sync ends at whatever moment it is asked to") {
  TwoSides two;
  two.run(ends_at_any_moment(two));
}
TEST_CASE("A first copy keeps bytes, dates and flags; a second finds nothing") {
  TwoSides two;
  two.run(first_copy(two));
}
TEST_CASE("First contact with a filled target counts twins") {
  TwoSides two;
  two.run(filled_target(two));
}
TEST_CASE("Flags follow home; what a person removed stays removed") {
  TwoSides two;
  two.run(flags_and_removals(two));
}
TEST_CASE("Arrivals go both ways, once") {
  TwoSides two;
  two.run(arrivals(two));
}
TEST_CASE("A pass from the side that is not the account's home is refused") {
  TwoSides two;
  two.run(wrong_side(two));
}
TEST_CASE("The gateway's copies are recognised and never brought back") {
  TwoSides two;
  two.run(gateway_copies(two));
}
TEST_CASE("A new UIDVALIDITY on either side") {
  TwoSides two;
  two.run(new_validity(two));
}
TEST_CASE("A message that is refused is named and stops nothing") {
  for (const bool poor : {false, true}) {
    TwoSides two;
    two.run(too_big(two, poor));
  }
}
TEST_CASE("A message that was left out stays named, wherever the pass that tries it again breaks") {
  for (const Side side : {old_side, new_side})
    for (std::uint64_t byte = 0; byte < 1500; byte += 37) {
      INFO("cut after " << byte << " bytes");
      TwoSides two;
      two.run(tried_again_and_broken(two, side, byte));
    }
}

TEST_CASE("Servers without UIDPLUS, MULTIAPPEND, CONDSTORE and LITERAL+") {
  TwoSides two;
  two.run(poor_servers(two));
}
TEST_CASE("A moved message and a renamed folder are followed, not copied again") {
  TwoSides two;
  two.run(moves_and_renames(two));
}
TEST_CASE("Flags merge three ways") {
  TwoSides two;
  two.run(flags_both_ways(two));
}
TEST_CASE("A wrong password is tried once") {
  TwoSides two;
  two.run(wrong_password(two));
}
TEST_CASE("A pause ends the pass that runs, and no message is copied twice afterwards") {
  TwoSides two;
  two.world->options.batch_messages = 1;
  two.run(paused_in_the_middle(two));
}
TEST_CASE("In the background an arrival reaches the other side at once") {
  TwoSides two;
  two.run(in_background(two));
}

}  // namespace tandem::sync
