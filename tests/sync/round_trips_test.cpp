// What a pass asks, and how often it waits for an answer: nothing of folders without news, one
// round trip for the others.
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

Task<void> nothing_new(TwoSides& two) {
  const auto user = co_await two.client(old_side);
  for (int at = 0; at < 30; ++at) {
    const std::string name = "Work " + std::to_string(at);
    REQUIRE(co_await user->create(name));
    co_await two.put(old_side, letter(std::to_string(at)), "", name);
  }
  co_await two.settle();
  co_await two.pass();
  for (const Side side : {old_side, new_side}) {
    CHECK(two.heard(side, "SELECT") + two.heard(side, "EXAMINE") == 0);
    CHECK(two.heard(side, "FETCH") == 0);
    CHECK(two.heard(side, "LIST ") == 1);  // with the STATUS of every folder
    CHECK(two.at(side).heard.size() < 500);
  }
  co_await two.put(old_side, letter("news"), "", "Work 7");
  co_await two.settle();
  CHECK(two.mailbox(new_side, "Work 7").size() == 2);
}

// QRESYNC (RFC 7162 3.2.6): what was removed is asked for, not found by reading all UIDs.
Task<void> vanished(TwoSides& two, bool offered) {
  if (!offered) two.at(old_side).replace = {{"QRESYNC", "XRESYNC"}};
  for (const auto* subject : {"a", "b", "c", "d"}) co_await two.put(old_side, letter(subject));
  co_await two.settle();
  co_await two.remove(old_side, 2);
  two.at(old_side).listen = true;
  two.at(old_side).heard.clear();
  auto report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK((two.heard(old_side, " VANISHED)\r\n") > 0) == offered);
  CHECK((two.heard(old_side, "FLAGS)\r\n") > 0) == !offered);  // of all of them
  CHECK(two.mailbox(new_side).size() == 4);
  // It counts from then on: nothing is looked at again.
  two.at(old_side).heard.clear();
  report = co_await two.pass();
  CHECK(report.source_messages == 3);
  CHECK(two.heard(old_side, "FETCH") == 0);
}

// How often each side is asked in a pass.
Task<std::array<std::size_t, 2>> turns_of_pass(TwoSides& two) {
  std::array<std::size_t, 2> turns = {two.at(old_side).turns, two.at(new_side).turns};
  const auto report = co_await two.pass();
  CHECK(report.copied + report.flags_changed == 0);
  turns = {two.at(old_side).turns - turns[0], two.at(new_side).turns - turns[1]};
  co_return turns;
}

// Both sides are flagged alike: there is a change to be seen and nothing to be done.
Task<void> round_trips(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  co_await two.pass();
  co_await two.pass();  // looks at its own copies
  const auto unchanged = co_await turns_of_pass(two);
  for (const std::string flags : {"\\Seen", ""}) {
    for (const Side side : {old_side, new_side}) co_await two.set_flags(side, 1, flags);
    const auto changed = co_await turns_of_pass(two);
    CHECK(changed[0] == unchanged[0] + 1);
    CHECK(changed[1] == unchanged[1] + 1);
  }
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
}

// How often the mirror is asked for flags by UID behind an APPEND.
Task<void> flags_kept(TwoSides& two, const std::string& flags, std::size_t looks) {
  for (const std::string folder : {"INBOX", "Sent", "Drafts"})
    co_await two.put(old_side, letter(folder), flags, folder);
  two.at(new_side).listen = true;
  const auto report = co_await two.pass();
  CHECK(report.copied == 3);
  CHECK(two.heard(new_side, "UID FETCH 1 (UID FLAGS") == looks);
}

}  // namespace

TEST_CASE("A pass over many folders with nothing new opens none of them") {
  TwoSides two;
  two.run(nothing_new(two));
}

TEST_CASE("A changed folder costs one round trip on each side") {
  TwoSides two;
  two.run(round_trips(two));
}

TEST_CASE("Whether copies keep their flags is looked at once, keywords in each folder") {
  const std::array<std::pair<std::string, std::size_t>, 3> cases = {
      {{"\\Seen", 1}, {"", 0}, {"\\Seen Project", 3}}};
  for (const auto& [flags, looks] : cases) {
    INFO(flags);
    TwoSides two;
    two.run(flags_kept(two, flags, looks));
  }
}

TEST_CASE("Removed messages are asked for where the server can tell") {
  for (const bool offered : {true, false}) {
    TwoSides two;
    two.run(vanished(two, offered));
  }
}

}  // namespace tandem::sync
