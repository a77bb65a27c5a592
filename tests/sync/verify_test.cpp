// A verification: what is named, and what is left of equal messages.
#include "sync/verify_folder.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

Witness seen(Uid uid, std::uint64_t content, std::int64_t date = 0, bool excused = false) {
  return {{{content, content}}, date, uid, excused};
}

std::vector<Uid> left(const std::vector<Witness>& some) {
  std::vector<Uid> uids;
  for (const Witness& one : some) uids.push_back(one.uid);
  return uids;
}

using Uids = std::vector<Uid>;

Task<void> named(TwoSides& two, bool full) {
  for (const auto* subject : {"a", "b", "c"}) co_await two.put(old_side, letter(subject));
  co_await two.pass();
  co_await two.put(old_side, letter("missing"));
  co_await two.put(old_side, letter("a"));  // once more: missing too
  co_await two.put(new_side, letter("extra"));
  const auto report = co_await two.world->sync->verify(two.world->account, full);
  REQUIRE(report);
  CHECK_FALSE(report->clean);
  const auto inbox = std::ranges::find(report->folders, "INBOX", &FolderVerdict::name);
  REQUIRE(inbox != report->folders.end());
  CHECK(inbox->home_messages == 5);
  CHECK(inbox->mirror_messages == 4);
  CHECK(inbox->missing == 2);
  CHECK(inbox->extra == 1);
  REQUIRE(report->differences.size() == 3);
  CHECK(report->differences[0].subject == "missing");
  CHECK(report->differences[0].lacking == new_side);
  CHECK(report->differences[0].uid == 4);
  CHECK(report->differences[1].subject == "a");
  CHECK(report->differences[1].uid == 5);
  CHECK(report->differences[2].subject == "extra");
  CHECK(report->differences[2].lacking == old_side);
}

// One of two equal messages was removed on one side: the other copy is the other one's.
Task<void> removed_twin(TwoSides& two, Uid removed, bool full) {
  for (int at = 0; at < 2; ++at) co_await two.put(old_side, letter("twin"));
  co_await two.pass();
  co_await two.remove(new_side, removed);
  co_await two.pass();
  CHECK(two.mailbox(old_side).size() == 2);
  CHECK(two.mailbox(new_side).size() == 1);
  const auto report = co_await two.world->sync->verify(two.world->account, full);
  REQUIRE(report);
  CHECK(report->clean);
  CHECK(report->differences.empty());
}

}  // namespace

TEST_CASE("Verify: of equal messages counts decide, and dates which of them is left") {
  const auto found = left_over({seen(1, 7, 10), seen(2, 7, 20), seen(3, 8), seen(4, 7, 30)},
                               {seen(5, 7, 20), seen(6, 9), seen(7, 7, 30)});
  CHECK(left(found.home) == Uids{1, 3});
  CHECK(left(found.mirror) == Uids{6});
}

TEST_CASE("Verify: equal messages of other dates are the same all the same") {
  const auto found =
      left_over({seen(1, 7, 10), seen(2, 7, 20), seen(3, 7, 40)}, {seen(5, 7, 20), seen(6, 7, 30)});
  CHECK(left(found.home) == Uids{3});
  CHECK(found.mirror.empty());
}

TEST_CASE("Verify: what is excused is left rather than what is not") {
  for (const bool first : {true, false}) {
    INFO(first);
    const auto found = left_over({seen(1, 7, 10, first), seen(2, 7, 10, !first)}, {seen(5, 7, 10)});
    REQUIRE(found.home.size() == 1);
    CHECK(found.home[0].excused);
    CHECK(found.mirror.empty());
  }
}

TEST_CASE("Verify: messages that nothing is known of are no pair") {
  const auto found = left_over({seen(1, 0)}, {seen(2, 0)});
  CHECK(left(found.home) == Uids{1});
  CHECK(left(found.mirror) == Uids{2});
}

TEST_CASE("Verify: differences are named with side and subject") {
  for (const bool full : {false, true}) {
    INFO(full);
    TwoSides two;
    two.run(named(two, full));
  }
}

TEST_CASE("Verify: one of two equal messages that was removed on one side is no difference") {
  for (const Uid removed : {1U, 2U})
    for (const bool full : {false, true}) {
      INFO(removed << full);
      TwoSides two;
      two.run(removed_twin(two, removed, full));
    }
}

}  // namespace tandem::sync
