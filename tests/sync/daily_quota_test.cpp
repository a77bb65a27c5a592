// Daily quotas: never more than a day's bytes in any 24 hours, and nothing else suffers from it.
#include <random>

#include "sync/day_quota.hpp"
#include "sync/size.hpp"
#include "sync/waits.hpp"
#include "tests/sync/two_sides.hpp"
#include "tests/sync/waiting.hpp"

namespace tandem::sync {
namespace {

std::string sized(std::string subject, std::size_t bytes) {
  std::string message = "Subject: " + subject + "\r\nFrom: a@b.example\r\n\r\n";
  message.append(bytes - message.size() - 2, 'x');
  return message + "\r\n";
}

Task<migration::CopyProgress> pass_and_look(TwoSides& two) {
  (void)co_await two.pass();
  co_return two.world->sync->progress(two.world->account);
}

// 2,000 bytes a day: two of 700 with what goes beside them.
Task<void> stops_and_goes_on(TwoSides& two, ManualClock& clock) {
  for (const std::string subject : {"a", "b", "c", "d", "e"})
    co_await two.put(old_side, sized(subject, 700));
  const auto report = co_await two.pass();
  CHECK(report.copied == 2);
  CHECK(report.source_messages == 5);
  CHECK(report.matched == 2);
  REQUIRE(report.waits);
  CHECK(report.waits->side == new_side);
  CHECK(report.waits->upload);
  CHECK(report.waits->goes_on_at == clock.wall() + std::chrono::hours(25));
  auto shown = co_await pass_and_look(two);  // of the same hour
  CHECK(two.mailbox(new_side).size() == 2);
  CHECK(shown.state == migration::CopyState::copying);
  CHECK(shown.problem.find("daily limit of the new side") != std::string::npos);
  CHECK(shown.next_step.find("2026-11-25 01:00 UTC") != std::string::npos);
  CHECK(shown.skipped == 0);
  CHECK(shown.bytes_total - shown.bytes_done == 2100);
  REQUIRE(shown.quotas.size() == 1);
  CHECK(shown.quotas[0].used >= 1400);
  CHECK(shown.quotas[0].goes_on_at == report.waits->goes_on_at);
  CHECK(co_await two.world->sync->verify(two.world->account, false));  // moves bytes, ends no wait
  shown = two.world->sync->progress(two.world->account);
  CHECK(shown.quotas.at(0).goes_on_at == report.waits->goes_on_at);

  two.world->close();  // another process
  co_await two.world->open();
  CHECK(two.world->sync->progress(two.world->account).quotas.at(0).used >= 1400);
  clock.advance(std::chrono::hours(24) + std::chrono::minutes(59));
  shown = co_await pass_and_look(two);
  CHECK(two.mailbox(new_side).size() == 2);
  clock.advance(std::chrono::minutes(1));
  shown = co_await pass_and_look(two);
  CHECK(two.mailbox(new_side).size() == 4);
  clock.advance(std::chrono::hours(25));
  shown = co_await pass_and_look(two);
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
  CHECK(shown.state == migration::CopyState::in_sync);
  CHECK(shown.problem.empty());
  CHECK(shown.bytes_total == shown.bytes_done);
}

// The source's side, and what no day has room for.
Task<void> reads_no_more(TwoSides& two, ManualClock& clock) {
  co_await two.put(old_side, sized("a", 9'000));
  co_await two.put(old_side, sized("b", 25'000));
  co_await two.put(old_side, sized("c", 9'000));
  auto report = co_await two.pass();
  REQUIRE(report.waits);
  CHECK_FALSE(report.waits->upload);
  CHECK(report.copied == 1);
  CHECK(report.skipped == 1);
  const auto skipped = two.world->sync->skipped(two.world->account);
  REQUIRE(skipped.size() == 1);
  CHECK(skipped[0].size == 25'000);
  CHECK(skipped[0].reason.find("in a whole day") != std::string::npos);
  CHECK(skipped[0].next_step.find("download_per_day") != std::string::npos);
  clock.advance(std::chrono::hours(25));
  report = co_await two.pass();
  CHECK_FALSE(report.waits);
  CHECK(report.matched == 2);
}

// A process that dies has counted what it may have moved.
Task<void> counted_first(TwoSides& two, ManualClock& clock) {
  for (const std::string subject : {"a", "b", "c"}) co_await two.put(old_side, sized(subject, 700));
  two.at(new_side).cut_after = two.at(new_side).received + 1500;
  CHECK_FALSE(co_await two.world->sync->run_delta(two.world->account, old_side));
  two.heal();
  CHECK(two.world->sync->progress(two.world->account).quotas.at(0).used >= 1400);
  (void)co_await two.pass();
  CHECK(two.mailbox(new_side).size() < 3);
  for (int day = 0; day < 3; ++day) {
    clock.advance(std::chrono::hours(25));
    (void)co_await two.pass();
  }
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
}

// In the background a folder that waits costs nothing, all others are kept alike, what is moved out
// of it is recognised, and it goes on by itself.
Task<void> meanwhile(TwoSides& two, ManualClock& clock) {
  const std::string archive("Work");
  {
    const auto user = co_await two.client(old_side);
    REQUIRE(co_await user->create(archive));
  }
  co_await two.put(old_side, sized("in", 700));
  for (const std::string subject : {"a", "b", "c"})
    co_await two.put(old_side, sized(subject, 700), "", archive);
  co_await two.world->step(migration::Step::start);
  net::TaskGroup group(two.hall.net.executor());
  group.spawn(two.world->sync->run(group));
  const auto waits = [&two] {
    const auto shown = two.world->sync->progress(two.world->account);
    return shown.problem.find("daily limit") != std::string::npos;
  };
  co_await wait_until(waits);
  CHECK(two.mailbox(new_side).size() == 1);  // INBOX came first
  CHECK(two.mailbox(new_side, archive).size() == 1);

  two.at(old_side).listen = true;
  co_await two.set_flags(old_side, 1, "\\Flagged");
  const auto flagged = [&two] { return two.mailbox(new_side).at(0).flags != 0; };
  co_await wait_until(flagged);
  CHECK(two.heard(old_side, "SELECT \"Work\"") + two.heard(old_side, "SELECT Work") == 0);
  {
    const auto user = co_await two.client(old_side);
    REQUIRE(co_await user->select(archive));
    imap::SequenceSet first;
    first.add(1);
    const std::string inbox("INBOX");
    REQUIRE(co_await user->move(first, inbox));
  }
  const auto moved = [&two] { return two.mailbox(new_side).size() == 2; };
  co_await wait_until(moved);
  CHECK(two.mailbox(new_side, archive).empty());
  CHECK(two.heard(new_side, "APPEND") == 0);
  const auto complete = [&] { return two.mailbox(new_side, archive).size() == 2; };
  // A pass that is under way then counts its listings to the day that begins: that may leave room
  // for one message only.
  for (int day = 0; day < 3 && !complete(); ++day) {
    clock.advance(std::chrono::hours(26));
    (void)co_await comes_true(complete, 200);
  }
  CHECK(complete());
  CHECK(two.mailbox(new_side, archive) == two.mailbox(old_side, archive));
  CHECK(co_await group.shut_down(std::chrono::seconds(10)));
}

// A person of the server's many, with so many messages to be copied.
Task<AccountId> move_in(TwoSides& two, std::string name, int number, int messages) {
  for (const int box : {number, number + 1}) two.hall.office.add_account(box);
  std::vector<config::AccountRow> rows(1);
  rows[0].address = name + "@example.jp";
  rows[0].old_login = "box" + std::to_string(number) + "@example.jp";
  rows[0].new_login = "box" + std::to_string(number + 1) + "@example.jp";
  rows[0].old_password = Secret("secret");
  rows[0].new_password = Secret("secret");
  const std::string migration("example");
  const auto imported =
      co_await two.world->registry->import_accounts(migration, std::move(rows), migration);
  REQUIRE(imported);
  two.world->account = two.world->registry->routes()->account(name + "@example.jp")->id;
  for (int at = 0; at < messages; ++at) co_await two.put(old_side, sized("m", 700));
  co_await two.world->step(migration::Step::start);
  co_return two.world->account;
}

// One at a time. Who came first would be the middle one.
Task<void> largest_first(TwoSides& two) {
  const AccountId middle = co_await move_in(two, "middle", 20, 3);
  const AccountId small = co_await move_in(two, "small", 30, 1);
  const AccountId large = co_await move_in(two, "large", 40, 6);
  std::vector<AccountId> order;
  const auto listener = two.world->events.subscribe([&](const migration::Event& event) {
    if (two.world->sync->progress(event.account).messages_done == 0) return;
    if (std::ranges::find(order, event.account) == order.end()) order.push_back(event.account);
  });
  net::TaskGroup group(two.hall.net.executor());
  group.spawn(two.world->sync->run(group));
  const auto all = [&order] { return order.size() == 3; };
  co_await wait_until(all);
  CHECK(order == std::vector<AccountId>{large, middle, small});
  CHECK(co_await group.shut_down(std::chrono::seconds(10)));
  two.world->events.unsubscribe(listener);
}

}  // namespace

TEST_CASE("Under a daily quota the largest mailboxes begin first") {
  TwoSides two;
  two.world->settings.new_side.upload_per_day = 1'000'000;
  two.world->options.accounts_at_once = 1;
  two.run(largest_first(two));
}

TEST_CASE("An hour's bytes count until 24 hours after its end") {
  const WallTime start = ManualClock().wall();
  DayQuota quota;
  quota.per_day = 100;
  const auto hour = hour_of(start);
  CHECK(quota.left(start) == 100);
  CHECK(quota.ready_at(100, start) == start);
  quota.hours = {{hour, 60}, {hour + 3, 30}};
  const WallTime later = start + std::chrono::hours(4);
  CHECK(quota.left(later) == 10);
  CHECK(quota.ready_at(10, later) == later);
  CHECK(quota.ready_at(11, later) == start + std::chrono::hours(25));
  CHECK(quota.ready_at(71, later) == start + std::chrono::hours(28));
  CHECK(quota.ready_at(1000, later) == start + std::chrono::hours(28));
  CHECK(quota.left(start + std::chrono::hours(25) - Duration(1)) == 10);
  CHECK(quota.left(start + std::chrono::hours(25)) == 70);
  quota.hours[hour + 4] = 50;  // more than was allowed: flags and the like
  CHECK(quota.left(later) == 0);
}

TEST_CASE("No 24 hours ever see more than the quota") {
  std::mt19937 random(20261127);
  for (int life = 0; life < 200; ++life) {
    DayQuota quota;
    quota.per_day = 1000;
    std::vector<std::pair<WallTime, std::uint64_t>> moved;
    WallTime now = ManualClock().wall() + Duration(random() % 3'600'000);
    for (int step = 0; step < 200; ++step) {
      now += Duration(random() % 7'200'000);
      const std::uint64_t bytes = random() % 400;
      if (bytes > quota.left(now)) {
        const WallTime ready = quota.ready_at(bytes, now);
        REQUIRE(ready > now);
        REQUIRE(quota.left(ready) >= bytes);
        REQUIRE(quota.left(ready - Duration(1)) < bytes);
        continue;
      }
      quota.hours[hour_of(now)] += bytes;
      moved.emplace_back(now, bytes);
      std::uint64_t day = 0;
      for (const auto& [at, count] : moved)
        if (now - at <= std::chrono::hours(24)) day += count;
      REQUIRE(day <= quota.per_day);
    }
    CHECK(moved.size() > 20);
  }
}

TEST_CASE("A folder that waits is left alone until something must be seen") {
  const WallTime now = ManualClock().wall();
  Waiting waiting;
  waiting.looked_at = now;
  waiting.quota.goes_on_at = now + std::chrono::hours(9);
  waiting.at_home = {1, 100, 200};
  waiting.on_mirror = {2, 40, 41};
  const auto rests = [&](SideCount home, SideCount mirror, bool removals, Duration later) {
    return may_rest(waiting, home, mirror, removals, now + later);
  };
  const Duration soon = std::chrono::minutes(5);
  CHECK(rests({1, 100, 200}, {2, 40, 41}, false, soon));
  CHECK(rests({1, 100, 200}, {2, 40, 41}, true, soon));  // nothing came: nothing was moved here
  CHECK(rests({1, 102, 202}, {2, 40, 41}, false, soon));
  CHECK_FALSE(rests({1, 102, 202}, {2, 40, 41}, true, soon));
  CHECK_FALSE(rests({1, 99, 200}, {2, 40, 41}, false, soon));   // something may have been moved
  CHECK_FALSE(rests({1, 101, 202}, {2, 40, 41}, false, soon));  // one came, one went
  CHECK_FALSE(rests({9, 100, 200}, {2, 40, 41}, false, soon));
  CHECK_FALSE(rests({1, 100, 200}, {2, 39, 41}, false, soon));
  CHECK(rests({1, 100, 200}, {2, 41, 42}, false, soon));  // what came there may wait an hour
  CHECK_FALSE(rests({1, 100, 200}, {2, 41, 42}, false, std::chrono::hours(1)));
  CHECK_FALSE(rests({1, 100, 200}, {2, 40, 41}, false, std::chrono::hours(9)));
}

TEST_CASE("What was not looked at is estimated by what was") {
  std::vector<Size> folders = {{0, 5000, 5000}, {10, 0, 0}, {4, 1000, 90'000}};
  estimate(folders, 60);
  CHECK(folders[0].bytes == 5000);
  CHECK(folders[1].bytes == 1010);
  CHECK(folders[2].bytes == 90'000);
  folders = {{3, 0, 0}};
  estimate(folders, 0);
  CHECK(folders[0].bytes == 225'000);
}

TEST_CASE("A copy stops before the daily quota and goes on by itself") {
  ManualClock clock;
  TwoSides two(clock);
  two.world->settings.new_side.upload_per_day = 2000;
  two.run(stops_and_goes_on(two, clock));
}
TEST_CASE("A quota of the source, and a message that no day has room for") {
  ManualClock clock;
  TwoSides two(clock);
  two.world->settings.old_side.download_per_day = 17'000;
  two.run(reads_no_more(two, clock));
}
TEST_CASE("What is about to be moved is counted before it is") {
  ManualClock clock;
  TwoSides two(clock);
  two.world->settings.new_side.upload_per_day = 2000;
  two.run(counted_first(two, clock));
}
TEST_CASE("While a folder waits for its quota all others are kept alike") {
  ManualClock clock;
  TwoSides two(clock);
  two.world->settings.new_side.upload_per_day = 2000;
  two.world->options.pass_interval = Duration(50);
  two.run(meanwhile(two, clock));
}

}  // namespace tandem::sync
