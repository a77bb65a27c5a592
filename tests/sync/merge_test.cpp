// What people did to a message on both sides, where its two copies meet, move or wait.
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

constexpr std::uint32_t seen = 1, answered = 2, flagged = 4;

const std::string inbox("INBOX");
const std::string work("Work");

std::string traced(const std::string& subject) {
  return "Received: from a.example by tandem.example with ESMTP id abcdefghijklmnopqrstuvwxyz"
         "; Tue, 24 Nov 2026 09:00:00 +0900\r\n" +
         letter(subject);
}

Task<void> make_folder(TwoSides& two, Side side) {
  const auto user = co_await two.client(side);
  REQUIRE(co_await user->create(work));
}

Task<void> move_between(TwoSides& two, Side side, Uid uid, const std::string& from,
                        const std::string& to) {
  const auto user = co_await two.client(side);
  REQUIRE(co_await user->select(from));
  imap::SequenceSet set;
  set.add(uid);
  REQUIRE(co_await user->move(set, to));
}

Task<void> move_to_work(TwoSides& two, Side side, Uid uid) {
  return move_between(two, side, uid, inbox, work);
}

// One message in Work on either side, with these flags.
void check_work(TwoSides& two, std::uint32_t flags) {
  for (const Side side : {old_side, new_side}) {
    const auto there = two.mailbox(side, work);
    REQUIRE(there.size() == 1);
    CHECK(there[0].flags == flags);
    CHECK(two.mailbox(side).empty());
  }
}

// On both sides and agreed on, then flagged differently on each.
Task<void> flag_on_both(TwoSides& two) {
  co_await make_folder(two, old_side);
  co_await two.put(old_side, letter("a"), "\\Answered");
  co_await two.pass();
  co_await two.set_flags(new_side, 1, "\\Answered \\Seen");
  co_await two.set_flags(old_side, 1, "\\Flagged");
}

Task<void> flagged_and_moved(TwoSides& two) {
  co_await flag_on_both(two);
  co_await move_to_work(two, old_side, 1);
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  check_work(two, seen | flagged);
}

Task<void> moved_on_both(TwoSides& two) {
  co_await flag_on_both(two);
  co_await move_to_work(two, old_side, 1);
  co_await move_to_work(two, new_side, 1);
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  check_work(two, seen | flagged);
}

Task<void> late_and_moved(TwoSides& two) {
  co_await make_folder(two, old_side);
  co_await two.put(new_side, traced("a"));
  co_await two.pass();
  co_await two.set_flags(new_side, 1, "\\Seen");
  co_await two.put(old_side, traced("a"), "\\Answered");
  co_await move_to_work(two, old_side, 1);
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  check_work(two, seen | answered);
}

Task<void> flagged_before_the_first_look(TwoSides& two) {
  co_await two.pass();
  co_await two.put(old_side, traced("a"), "\\Answered");
  co_await two.put(new_side, traced("a"), "\\Seen");
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  for (const Side side : {old_side, new_side}) {
    REQUIRE(two.mailbox(side).size() == 1);
    CHECK(two.mailbox(side)[0].flags == (seen | answered));
  }
}

Task<void> waits_through_a_new_validity(TwoSides& two) {
  co_await make_folder(two, old_side);
  co_await two.pass();
  co_await two.put(new_side, traced("a"), "", work);
  co_await two.pass();
  {
    const auto user = co_await two.client(old_side);
    REQUIRE(co_await user->remove(work));
  }
  co_await make_folder(two, old_side);
  co_await two.pass();
  co_await two.put(old_side, traced("a"), "", work);
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  check_work(two, 0);
}

Task<void> brought_home_and_moved(TwoSides& two) {
  co_await make_folder(two, old_side);
  co_await two.pass();
  co_await two.put(new_side, letter("a"), "", work);
  auto report = co_await two.pass();
  CHECK(report.copied == 1);
  {
    const auto user = co_await two.client(old_side);
    REQUIRE(co_await user->select(work));
    imap::SequenceSet first;
    first.add(1);
    REQUIRE(co_await user->move(first, inbox));
  }
  report = co_await two.pass();
  CHECK(report.copied == 0);
  for (const Side side : {old_side, new_side}) {
    CHECK(two.mailbox(side).size() == 1);
    CHECK(two.mailbox(side, work).empty());
  }
}

// The old side's copy is still owed when its reader, on the new side by then, puts the other one
// away and back. It comes after the roll-back.
Task<void> moved_while_owed(TwoSides& two) {
  co_await make_folder(two, old_side);
  co_await two.pass();
  co_await two.put(new_side, traced("a"));
  co_await two.pass();
  co_await two.cut_over();
  co_await move_to_work(two, new_side, 1);
  co_await two.pass(new_side);
  co_await move_between(two, new_side, 1, work, inbox);
  co_await two.pass(new_side);
  co_await two.world->step(migration::Step::roll_back);
  co_await two.put(old_side, traced("a"));
  const auto report = co_await two.pass();
  CHECK(report.copied == 0);
  for (const Side side : {old_side, new_side}) {
    CHECK(two.mailbox(side).size() == 1);
    CHECK(two.mailbox(side, work).empty());
  }
}

// Home's copy comes and the mirror's folder is made anew between the same two passes.
Task<void> meets_through_a_new_validity(TwoSides& two) {
  co_await make_folder(two, old_side);
  co_await two.pass();
  co_await two.put(new_side, traced("a"), "", work);
  co_await two.pass();
  {
    const auto user = co_await two.client(new_side);
    REQUIRE(co_await user->remove(work));
    REQUIRE(co_await user->create(work));
  }
  co_await two.put(new_side, traced("a"), "", work);
  co_await two.put(old_side, traced("a"), "", work);
  co_await two.pass();
  const auto known = two.world->store->read([](store::Sql& sql) {
    return sql.integer(
        "SELECT count(*) FROM sync_message WHERE old_uid IS NOT NULL AND new_uid IS NOT NULL");
  });
  CHECK(known.value() == 1);
}

void run(Task<void> (*body)(TwoSides&)) {
  TwoSides two;
  two.run(body(two));
}

}  // namespace

TEST_CASE("What was flagged on the mirror is kept when the message moves at home") {
  run(flagged_and_moved);
}
TEST_CASE("Flags merge three ways where a message was moved alike on both sides") {
  run(moved_on_both);
}
TEST_CASE("A mirror's copy that was read before home's came and was moved stays read") {
  run(late_and_moved);
}
TEST_CASE("The gateway's two copies keep what either was flagged with before the first look") {
  run(flagged_before_the_first_look);
}
TEST_CASE("I2: what was brought home and is moved there is moved on the mirror, not copied") {
  run(brought_home_and_moved);
}
TEST_CASE("I2: a message whose other copy is owed still waits for it where its reader moves it") {
  run(moved_while_owed);
}
TEST_CASE("I2: a mirror's copy that waits for home's is found again after home's new UIDVALIDITY") {
  run(waits_through_a_new_validity);
}
TEST_CASE(
    "The gateway's two copies are known as one, though the mirror's was renumbered as home's "
    "came") {
  run(meets_through_a_new_validity);
}

}  // namespace tandem::sync
