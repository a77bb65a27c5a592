// What servers change on its way is still the same message: rung (c) of the ladder. And a name that
// only leads to other folders.
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

constexpr auto eight_bit = "\xE8\xA6\x8B";

Task<void> filled_target(TwoSides& two) {
  co_await two.put(old_side, letter("Courier ends the last line", "one\r\ntwo"));
  co_await two.put(new_side, letter("Courier ends the last line", "one\r\ntwo\r\n"));
  co_await two.put(old_side, letter("and drops CR", "one\rtwo\r\n"));
  co_await two.put(new_side, letter("and drops CR", "onetwo\r\n"));
  co_await two.put(old_side, letter(eight_bit, "Cyrus\r\n"));
  co_await two.put(new_side, letter("XXX", "Cyrus\r\n"));
  co_await two.put(old_side, letter("another body", "one\r\n"));
  co_await two.put(new_side, letter("another body", "three\r\n"));
  const auto report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(report.matched == 4);
  CHECK(two.mailbox(old_side).size() == 4);
  CHECK(two.mailbox(new_side).size() == 5);
  const auto verified = co_await two.world->sync->verify(two.world->account, false);
  REQUIRE(verified);
  CHECK(verified->clean);  // the fifth was there before
}

Task<void> renumbered(TwoSides& two) {
  const std::string work("Work");
  const auto there = co_await two.client(new_side);
  const auto here = co_await two.client(old_side);
  REQUIRE(co_await here->create(work));
  co_await two.put(old_side, letter("a", "one"), "", work);
  co_await two.put(old_side, letter("b", "one\r\n"), "", work);
  auto report = co_await two.pass();
  CHECK(report.copied == 2);
  REQUIRE(co_await there->remove(work));
  REQUIRE(co_await there->create(work));
  co_await two.put(new_side, letter("a", "one\r\n"), "", work);
  co_await two.put(new_side, letter("b", "another\r\n"), "", work);
  report = co_await two.pass();
  CHECK(report.copied == 2);  // "b" goes both ways
  CHECK(two.mailbox(old_side, work).size() == 3);
  CHECK(two.mailbox(new_side, work).size() == 3);
  report = co_await two.pass();
  CHECK(report.copied == 0);
}

Task<void> text_without_header(TwoSides& two) {
  for (const auto* text : {"hello\r\n", "world\r\n"}) co_await two.put(old_side, text);
  co_await two.put(new_side, "world\r\n");
  const auto report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(two.mailbox(old_side) == two.mailbox(new_side));
}

// Exchange and Domino show a message with an id of their own.
Task<void> other_ids(TwoSides& two) {
  const auto there = co_await two.client(new_side);
  const std::string work("Work");
  REQUIRE(co_await there->create(work));
  const auto here = co_await two.client(old_side);
  REQUIRE(co_await here->create(work));
  for (const auto* subject : {"a", "b"}) co_await two.put(old_side, letter(subject), "", work);
  auto report = co_await two.pass();
  CHECK(report.copied == 2);
  two.at(new_side).replace = {{"Message-ID: <a", "Message-ID: <q"},
                              {"Message-ID: <b", "Message-ID: <r"}};
  const auto again = co_await two.client(new_side);
  REQUIRE(co_await again->remove(work));
  REQUIRE(co_await again->create(work));
  for (const auto* subject : {"a", "b"}) co_await two.put(new_side, letter(subject), "", work);
  report = co_await two.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 2);
  for (const Side side : {old_side, new_side}) CHECK(two.mailbox(side, work).size() == 2);
  const auto verified = co_await two.world->sync->verify(two.world->account, false);
  REQUIRE(verified);
  CHECK(verified->clean);
}

Task<void> not_selectable(TwoSides& two) {
  const std::string top("Top");
  const std::string below("Top/Below");
  const auto here = co_await two.client(old_side);
  const auto there = co_await two.client(new_side);
  for (const auto& name : {top, below}) {
    REQUIRE(co_await here->create(name));
    REQUIRE(co_await there->create(name));
  }
  REQUIRE(co_await there->remove(top));  // the name stays: there is a folder below (RFC 3501 6.3.4)
  const auto selected = co_await there->select(top);
  REQUIRE_FALSE(selected);
  co_await two.put(old_side, letter("a"), "", top);
  const auto report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(report.skipped == 0);
  CHECK(two.mailbox(old_side, top) == two.mailbox(new_side, top));
}

}  // namespace

TEST_CASE("I2: first contact knows a message again whose bytes the target's server has changed") {
  TwoSides two;
  two.run(filled_target(two));
}
TEST_CASE("I2: a new UIDVALIDITY doubles nothing that the mirror's server has changed") {
  TwoSides two;
  two.run(renumbered(two));
}
TEST_CASE("I2: a new UIDVALIDITY doubles nothing whose Message-ID the mirror's server rewrites") {
  TwoSides two;
  two.run(other_ids(two));
}
TEST_CASE("I1: text without any header is told by its text") {
  TwoSides two;
  two.run(text_without_header(two));
}
TEST_CASE("A name that only leads to other folders is made a folder") {
  TwoSides two;
  two.run(not_selectable(two));
}

}  // namespace tandem::sync
