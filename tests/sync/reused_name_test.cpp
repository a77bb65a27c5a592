// A folder is gone at home, and another one there would get its counterpart: the ledger knows the
// messages of the first by that name, so the second gets another.
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

const std::string alt("Alt");  // at home
const std::string neu("Neu");  // its counterpart, by a `map` line
const std::string second("Neu (2)");

Task<void> create(TwoSides& two, Side side, std::string name) {
  const auto user = co_await two.client(side);
  REQUIRE(co_await user->create(name));
}

Task<void> remove_folder(TwoSides& two, Side side, std::string name) {
  const auto user = co_await two.client(side);
  REQUIRE(co_await user->remove(name));
}

// Alt and what is in it are on the new side, as Neu.
Task<void> begin(TwoSides& two) {
  co_await create(two, old_side, alt);
  for (const auto* subject : {"a", "b"}) co_await two.put(old_side, letter(subject), "", alt);
  CHECK((co_await two.pass()).copied == 2);
  CHECK(two.mailbox(new_side, neu).size() == 2);
}

Task<void> made_anew(TwoSides& two) {
  co_await begin(two);
  co_await remove_folder(two, old_side, alt);
  co_await create(two, old_side, neu);
  co_await two.put(old_side, letter("c"), "", neu);
  co_await two.put(old_side, letter("d"));
  const auto report = co_await two.pass();
  CHECK(report.copied == 2);
  CHECK(report.quarantined == 0);
  CHECK(report.held == 2);  // a whole folder is gone: a person decides
  CHECK(two.mailbox(new_side, neu).size() == 2);
  CHECK(two.mailbox(new_side, second) == two.mailbox(old_side, neu));
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
  CHECK((co_await two.pass()).copied == 0);

  // What was decided is done where it was meant.
  REQUIRE(co_await two.world->sync->decide(two.world->account, neu, true));
  CHECK((co_await two.pass()).quarantined == 2);
  CHECK(two.mailbox(new_side, neu).empty());
  CHECK(two.mailbox(new_side, second).size() == 1);

  co_await two.cut_over();
  CHECK((co_await two.pass(new_side)).copied == 0);
  CHECK(two.mailbox(old_side, neu).size() == 1);
}

Task<void> moved_over(TwoSides& two) {
  co_await begin(two);
  co_await create(two, old_side, neu);
  const auto user = co_await two.client(old_side);
  REQUIRE(co_await user->select(alt));
  imap::SequenceSet all;
  all.add(1);
  all.add(2);
  REQUIRE(co_await user->move(all, neu));
  REQUIRE(co_await user->unselect());
  REQUIRE(co_await user->remove(alt));
  two.at(new_side).listen = true;
  const auto report = co_await two.pass();
  CHECK(report.copied + report.held + report.quarantined == 0);
  CHECK(two.heard(new_side, "APPEND") == 0);
  CHECK(two.mailbox(new_side, second) == two.mailbox(old_side, neu));
  CHECK(two.mailbox(new_side, neu).empty());
}

// Of the first nothing is left on either side but its row.
Task<void> renamed_to_it(TwoSides& two) {
  co_await begin(two);
  const std::string work("Work");
  co_await create(two, old_side, work);
  co_await two.put(old_side, letter("w"), "", work);
  co_await two.pass();
  co_await remove_folder(two, old_side, alt);
  co_await remove_folder(two, new_side, neu);
  const auto user = co_await two.client(old_side);
  REQUIRE(co_await user->rename(work, neu));
  for (int passes = 0; passes < 2; ++passes) {
    CHECK((co_await two.pass()).copied == 0);
    CHECK(two.mailbox(new_side, second) == two.mailbox(old_side, neu));
    CHECK(two.mailbox(new_side, neu).empty());
    CHECK(two.mailbox(new_side, work).empty());
  }
}

void in_pair(Task<void> (*life)(TwoSides&)) {
  TwoSides two;
  two.world->settings.sync.map = {{alt, neu}};
  two.world->settings.sync.propagate_deletes = true;
  two.run(life(two));
}

}  // namespace

TEST_CASE("A folder that is made with the name of a lost one's counterpart does not stop a pass") {
  in_pair(made_anew);
}

TEST_CASE("What was moved to such a folder is moved on the other side") {
  in_pair(moved_over);
}

TEST_CASE("A folder that is renamed to such a name is followed once") {
  in_pair(renamed_to_it);
}

}  // namespace tandem::sync
