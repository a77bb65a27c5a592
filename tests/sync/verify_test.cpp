// A verification: what is named, and what is left of equal messages.
#include <map>
#include <random>
#include <set>

#include "sync/verify_left.hpp"
#include "sync/verify_sample.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

Witness seen(Uid uid, std::uint64_t content, std::int64_t date = 0, bool excused = false) {
  return {{{content, content}}, date, uid, excused};
}

Witness read_whole(Uid uid, std::uint64_t content, std::uint32_t bytes) {
  Witness one = seen(uid, content);
  one.bytes = bytes;
  return one;
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

const FolderVerdict& folder_of(const VerifyReport& report, std::string_view name = "INBOX") {
  const auto found = std::ranges::find(report.folders, name, &FolderVerdict::name);
  REQUIRE(found != report.folders.end());
  return *found;
}

// Another body behind the same header, and what the ledger alone knows to be one message.
Task<void> changed(TwoSides& two, bool full) {
  for (const auto* subject : {"a", "b", "c"}) co_await two.put(old_side, letter(subject));
  co_await two.pass();
  two.at(new_side).replace = {{"Subject: b", "Subject: q"}};
  const auto before = co_await two.world->sync->verify(two.world->account, full);
  REQUIRE(before);
  CHECK_FALSE(before->clean);
  CHECK(folder_of(*before).changed == 1);
  CHECK(folder_of(*before).missing == 0);
  CHECK(folder_of(*before).extra == 0);
  REQUIRE(before->differences.size() == 1);
  const Difference& one = before->differences.front();
  CHECK(one.kind == migration::DifferenceKind::changed);
  CHECK(one.subject == "b");
  CHECK(one.uid == 2);
  CHECK(one.other_uid == 2);
  CHECK_FALSE(one.lacking);
  CHECK_FALSE(one.next_step.empty());
}

// Nothing is known of the pair, and its sizes differ.
Task<void> changed_size(TwoSides& two, bool full) {
  co_await two.put(old_side, letter("a", "one\r\n"));
  co_await two.put(new_side, letter("a", "three\r\n"));
  co_await two.put(old_side, letter("another", "one\r\n"));
  const auto found = co_await two.world->sync->verify(two.world->account, full);
  REQUIRE(found);
  CHECK_FALSE(found->clean);
  CHECK(folder_of(*found).changed == 1);
  CHECK(folder_of(*found).missing == 1);
  CHECK(folder_of(*found).extra == 0);
}

// Header and size stay as they were: only reading the body tells.
Task<void> altered_body(TwoSides& two) {
  for (const auto* subject : {"a", "b", "c"})
    co_await two.put(old_side, letter(subject, "the sum is 100 yen\r\n"));
  co_await two.put(old_side, letter("d", "the sum is 200 yen\r\n"));
  co_await two.pass();
  auto found = co_await two.world->sync->verify(two.world->account, false);
  REQUIRE(found);
  CHECK(found->clean);
  CHECK(folder_of(*found).whole == 4);
  two.at(new_side).replace = {{"200 yen", "900 yen"}};
  found = co_await two.world->sync->verify(two.world->account, false);
  REQUIRE(found);
  CHECK_FALSE(found->clean);
  REQUIRE(found->differences.size() == 1);
  CHECK(found->differences[0].kind == migration::DifferenceKind::changed);
  CHECK(found->differences[0].subject == "d");
}

// What is beyond the sample's room is not read, and with one seed the same is read each time.
Task<void> only_a_sample(TwoSides& two) {
  constexpr std::size_t most = SampleBudget::most_per_folder;
  for (std::size_t at = 0; at < most + 8; ++at)
    co_await two.put(old_side, letter("n" + std::to_string(at), "the body\r\n"));
  co_await two.pass();
  std::vector<std::string> asked;
  for (int at = 0; at < 2; ++at) {
    two.at(old_side).listen = true;
    two.at(old_side).heard.clear();
    const auto found = co_await two.world->sync->verify(two.world->account, false);
    REQUIRE(found);
    CHECK(found->clean);
    CHECK(folder_of(*found).whole == most);
    const std::string& heard = two.at(old_side).heard;
    const auto bodies = heard.find("BODY.PEEK[])");
    REQUIRE(bodies != std::string::npos);
    const auto line = heard.rfind("UID FETCH", bodies);
    asked.push_back(heard.substr(line, bodies - line));
  }
  CHECK(asked[0] == asked[1]);
}

// A line that a server adds to each header is no difference, and is told.
Task<void> rewritten(TwoSides& two, bool full) {
  for (const auto* subject : {"a", "b"})
    co_await two.put(old_side, std::string("X-Spam: yes\r\n") + letter(subject));
  co_await two.pass();
  two.at(new_side).replace = {{"X-Spam: yes", "X-Spam: not"}};
  const auto found = co_await two.world->sync->verify(two.world->account, full);
  REQUIRE(found);
  CHECK(found->clean);
  CHECK(found->differences.empty());
  CHECK(folder_of(*found).whole == 2);
  CHECK(folder_of(*found).rewritten == 2);
  REQUIRE(found->rewritten.size() == 2);
  CHECK(found->rewritten[0].kind == migration::DifferenceKind::rewritten);
  CHECK(found->rewritten[0].subject == "a");
  two.at(new_side).replace.clear();
  const auto exact = co_await two.world->sync->verify(two.world->account, full);
  REQUIRE(exact);
  CHECK(folder_of(*exact).rewritten == 0);
}

Task<void> results_are_kept(TwoSides& two, ManualClock& clock) {
  const auto verify = [&](bool full) { return two.world->sync->verify(two.world->account, full); };
  const auto last = [&] { return two.world->sync->verified(two.world->account)->front(); };
  CHECK(two.world->sync->verified(two.world->account)->empty());
  co_await two.put(old_side, letter("a"));
  REQUIRE(co_await verify(false));
  CHECK_FALSE(last().clean);
  CHECK(last().missing == 1);
  CHECK_FALSE(last().clean_since);
  co_await two.pass();
  clock.advance(std::chrono::hours(1));
  const WallTime first_clean = clock.wall();
  REQUIRE(co_await verify(true));
  CHECK(last().clean);
  CHECK(last().full);
  CHECK(last().messages == 1);
  CHECK(last().at == first_clean);
  clock.advance(std::chrono::hours(23));
  REQUIRE(co_await verify(false));
  CHECK(last().clean_since == first_clean);
  CHECK_FALSE(migration::is_clean_for_a_day(last()));
  clock.advance(std::chrono::hours(1));
  REQUIRE(co_await verify(false));
  CHECK(migration::is_clean_for_a_day(last()));
  CHECK(two.world->sync->verified(two.world->account)->size() == 4);
  // A difference between: it begins anew.
  co_await two.put(old_side, letter("b"));
  REQUIRE(co_await verify(false));
  co_await two.pass();
  for (int at = 0; at < 25; ++at) REQUIRE(co_await verify(false));
  CHECK(last().clean_since == clock.wall());
  CHECK_FALSE(migration::is_clean_for_a_day(last()));
  CHECK(two.world->sync->verified(two.world->account)->size() == 20);
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

TEST_CASE("Verify: equal messages of other bytes are counted, on counts too") {
  const auto found = left_over(
      {read_whole(1, 7, 1), read_whole(2, 7, 2), read_whole(3, 8, 3), read_whole(4, 9, 4)},
      {read_whole(5, 7, 2), read_whole(6, 7, 5), read_whole(7, 8, 3), read_whole(8, 9, 6)});
  CHECK(found.home.empty());
  CHECK(found.mirror.empty());
  CHECK(found.rewritten == 2);
  CHECK(left(found.named) == Uids{1, 4});
}

TEST_CASE("Verify: a sample has so many as there is room for, each with the same chance") {
  std::mt19937_64 draw(7);
  std::map<Uid, int> drawn;
  for (int round = 0; round < 2000; ++round) {
    Sample sample(3, draw);
    for (Uid uid = 1; uid <= 10; ++uid) {
      const Witness one = seen(uid, uid);
      sample.offer({&one, 1}, {&one, 1});
    }
    const auto some = sample.take();
    REQUIRE(some.size() == 3);
    std::set<Uid> different;
    for (const Alike& one : some) different.insert(one.home.front());
    CHECK(different.size() == 3);
    for (const Uid uid : different) ++drawn[uid];
  }
  for (Uid uid = 1; uid <= 10; ++uid) {
    CHECK(drawn[uid] > 500);  // of 600
    CHECK(drawn[uid] < 700);
  }
}

TEST_CASE("Verify: an account's sample is shared out among its folders") {
  SampleBudget budget(3, {90, 900});
  auto room = budget.next();
  CHECK(room.messages == 30);
  CHECK(room.bytes == 300);
  budget.take({10, 100});  // a small folder: the others have the rest
  room = budget.next();
  CHECK(room.messages == SampleBudget::most_per_folder);
  CHECK(room.bytes == 400);
  budget.take({32, 400});
  room = budget.next();
  CHECK(room.bytes == 400);
  budget.take({32, 400});
  room = budget.next();
  CHECK(room.bytes == 0);
}

TEST_CASE("Verify: a message that is not the same on both sides is named once, as changed") {
  for (const bool full : {false, true}) {
    INFO(full);
    TwoSides known;
    known.run(changed(known, full));
    TwoSides unknown;
    unknown.run(changed_size(unknown, full));
  }
}

TEST_CASE("Verify: an altered body of the same size is found among those that are read whole") {
  TwoSides two;
  two.run(altered_body(two));
}

TEST_CASE("Verify: of a large folder a sample is read, drawn from the seed it is given") {
  TwoSides two;
  two.world->options.sample_seed = 5;
  two.run(only_a_sample(two));
}

TEST_CASE("Verify: what servers write into messages is no difference, and is counted") {
  for (const bool full : {false, true}) {
    INFO(full);
    TwoSides two;
    two.run(rewritten(two, full));
  }
}

TEST_CASE("Verify: results are kept, and clean twice with 24 hours between is a fact") {
  ManualClock clock;
  TwoSides two(clock);
  two.run(results_are_kept(two, clock));
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
