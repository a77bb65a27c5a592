// One message that breaks the connection each time: it is found, named and left out; all others are
// copied once, and the folder goes on.
#include <fmt/format.h>

#include "sync/context.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

constexpr int letters = 64;

std::string numbered(int number) {
  return fmt::format(
      "Subject: {0}\r\nFrom: a@b.example\r\nMessage-ID: <{0}@b.example>\r\n\r\nx of m{0:03}\r\n",
      number);
}

// As the worker does it: again and again, each time from the beginning.
Task<void> pass_until_done(TwoSides& two) {
  Result<migration::DeltaReport> done = fail(ErrorKind::closed, "not begun");
  for (int pass = 0; pass < 5 && !done; ++pass)
    done = co_await two.world->sync->run_delta(two.world->account, old_side);
  if (!done) FAIL(done.error().to_string());
  CHECK(done->skipped == 1);
}

struct Case {
  Side side = new_side;  // whose connection breaks
  int poison = 20;       // the UID
  bool poor = false;     // the target: without UIDPLUS, MULTIAPPEND and LITERAL+
};

Task<void> isolated(TwoSides& two, Case given) {
  two.world->options.batch_messages = letters;
  for (int number = 1; number <= letters; ++number) co_await two.put(old_side, numbered(number));
  const std::string elsewhere("Sent");
  co_await two.put(old_side, numbered(letters + 1), "", elsewhere);
  if (given.poor) two.make_poor(new_side);
  two.at(given.side).poison = fmt::format("of m{:03}", given.poison);
  two.at(new_side).listen = true;
  co_await pass_until_done(two);

  auto others = two.mailbox(old_side);
  CHECK(std::erase_if(others, [&](const TwoSides::Seen& one) {
          return one.bytes == numbered(given.poison);
        }) == 1);
  CHECK(two.mailbox(new_side) == others);
  CHECK(two.mailbox(new_side, elsewhere) == two.mailbox(old_side, elsewhere));
  const auto left_out = two.world->sync->skipped(two.world->account);
  REQUIRE(left_out.size() == 1);
  CHECK(left_out[0].uid == static_cast<Uid>(given.poison));
  CHECK(left_out[0].subject == std::to_string(given.poison));
  CHECK(left_out[0].reason == "the connection breaks each time this message is copied");
  CHECK_FALSE(left_out[0].next_step.empty());
  // Batches of 64, of 8, and alone: each break costs a connection.
  CHECK(two.at(given.side).poisoned == Suspects::hopeless);
  if (!given.poor) CHECK(two.heard(new_side, " APPEND ") < 24);
}

// Fetched again when the person asks for it, and it comes when nothing breaks any more.
Task<void> tried_again(TwoSides& two) {
  co_await isolated(two, Case());
  for (const Side side : {old_side, new_side}) two.at(side).poison.clear();
  two.world->sync->run_now(two.world->account);
  const auto report = co_await two.pass();
  CHECK(report.skipped == 0);
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
}

}  // namespace

TEST_CASE("A message that breaks the connection each time is isolated, and nothing else suffers") {
  for (const Side side : {old_side, new_side})
    for (const int poison : {1, 20, letters})
      for (const bool poor : {false, true}) {
        INFO(migration::name_of(side) << ", UID " << poison << (poor ? ", poor" : ""));
        TwoSides two;
        two.run(isolated(two, {side, poison, poor}));
      }
}
TEST_CASE("A message that broke the connection says nothing about the other side's equal UID") {
  Suspects suspects;
  const std::vector<Uid> one(1, 7);
  for (unsigned times = 0; times < Suspects::hopeless; ++times) suspects.raise(1, old_side, one);
  CHECK(suspects.count(1, old_side, 7) == Suspects::hopeless);
  CHECK(suspects.count(1, new_side, 7) == 0);
  CHECK(suspects.count(2, old_side, 7) == 0);
  suspects.clear(1, new_side, one);  // it arrived
  CHECK(suspects.count(1, old_side, 7) == Suspects::hopeless);
  suspects.clear(1, old_side, one);
  CHECK(suspects.count(1, old_side, 7) == 0);
}
TEST_CASE("A message that broke the connection is tried again when somebody asks for it") {
  TwoSides two;
  two.run(tried_again(two));
}

}  // namespace tandem::sync
