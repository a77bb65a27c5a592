// The worker of an account between its passes: how long it leaves a server alone after a fault, and
// who may end that. By a clock that is moved.
#include "tests/sync/timed_sides.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view logged_in = " OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR";

// Somebody else of the same migration, and of the same server.
Task<AccountId> other_account(TimedSides& two) {
  std::vector<config::AccountRow> rows(1);
  rows[0].address = "other@example.jp";
  rows[0].old_login = rows[0].new_login = "box5@example.jp";
  rows[0].old_password = Secret("secret");
  rows[0].new_password = Secret("secret");
  const std::string name("example");
  REQUIRE(co_await two.world->registry->import_accounts(name, std::move(rows), name));
  co_return two.world->registry->routes()->account("other@example.jp")->id;
}

// All that an operator may do with other accounts.
Task<void> change_others(TimedSides& two) {
  auto& registry = *two.world->registry;
  const std::uint64_t before = registry.routes()->generation();
  const AccountId other = co_await other_account(two);
  const std::string who("test");
  CHECK(co_await registry.set_paused(other, true, who));
  for (const auto step : {migration::Step::start, migration::Step::cut_over}) {
    const auto epoch = registry.routes()->account(other)->epoch;
    CHECK(co_await registry.take_step(other, step, epoch, who));
    co_await two.pass_time(seconds(2));  // the sync looks every second
  }
  CHECK(registry.routes()->generation() > before + 2);
}

// The account's own password, as an import gives it.
Task<void> import_password(TimedSides& two, std::string password) {
  std::vector<config::AccountRow> rows(1);
  rows[0].address = two.world->registry->routes()->account(two.world->account)->address;
  rows[0].old_password = Secret(std::move(password));
  const std::string name("example");
  REQUIRE(co_await two.world->registry->import_accounts(name, std::move(rows), name));
}

// Of the old side, which are counted before anything can wait.
std::size_t tries(TimedSides& two) {
  return two.at(old_side).connections;
}

Task<void> log_in_refused(TimedSides& two, std::string words) {
  two.at(old_side).replace = {{std::string(logged_in), " NO " + words + " "}};
  co_return;
}

Task<void> wrong_password(TimedSides& two) {
  co_await import_password(two, "wrong");
}

// For so many times by now, once for each try.
Task<void> fails(TimedSides& two, std::size_t times, CopyState as = CopyState::failed) {
  const auto told = [&] { return two.faults_told == times; };
  // A wrong password is answered late.
  const Duration step(as == CopyState::needs_you ? 1 : 0);
  CHECK(co_await two.becomes(told, step));
  CHECK(two.state() == as);
  CHECK(tries(two) == times);
  co_await two.pass_time(Duration(0));
}

Task<void> asks_once(TimedSides& two) {
  co_await fails(two, 1);
}

Task<void> left_alone(TimedSides& two) {
  co_await asks_once(two);
  const SteadyTime since = two.timers.clock().steady();
  co_await change_others(two);
  CHECK(tries(two) == 1);
  co_await two.pass_time(since + seconds(299) - two.timers.clock().steady());
  CHECK(tries(two) == 1);
  co_await two.pass_time(seconds(2));
  CHECK(tries(two) == 2);
}

Task<void> ended_by_sync_now(TimedSides& two) {
  co_await asks_once(two);
  two.world->sync->run_now(two.world->account);
  co_await two.pass_time(Duration(1));
  co_await fails(two, 2);
  co_await two.pass_time(seconds(200));
  CHECK(tries(two) == 2);  // once for each time it is asked for
}

Task<void> ended_by_own_entry(TimedSides& two) {
  co_await asks_once(two);
  co_await import_password(two, "another");
  co_await two.pass_time(seconds(2));
  CHECK(tries(two) == 2);
}

// The pause of an account ends its back-off, without another try.
Task<void> ended_by_own_pause(TimedSides& two) {
  co_await asks_once(two);
  const std::string who("test");
  CHECK(co_await two.world->registry->set_paused(two.world->account, true, who));
  co_await two.pass_time(minutes(20));
  CHECK(tries(two) == 1);
  CHECK(co_await two.world->registry->set_paused(two.world->account, false, who));
  co_await two.pass_time(seconds(2));
  CHECK(tries(two) == 2);
}

Task<void> waits_longer_each_time(TimedSides& two) {
  co_await asks_once(two);
  std::size_t expected = 1;
  for (const auto wait : {seconds(5), seconds(10), seconds(20), seconds(40)}) {
    co_await two.pass_time(wait - Duration(1000));
    CHECK(tries(two) == expected);
    co_await two.pass_time(seconds(1));
    CHECK(tries(two) == ++expected);
    co_await fails(two, expected);
  }
}

Task<void> password_tried_once(TimedSides& two) {
  co_await fails(two, 1, CopyState::needs_you);
  co_await change_others(two);
  co_await two.pass_time(std::chrono::hours(1));
  CHECK(tries(two) == 1);
  two.world->sync->run_now(two.world->account);
  co_await fails(two, 2, CopyState::needs_you);
  co_await import_password(two, "secret");
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync, Duration(100)));
}

// A full mailbox is tried every ten minutes, not whenever anything happens.
Task<void> full_mailbox(TimedSides& two) {
  const auto told = [&] { return two.faults_told == 1; };
  CHECK(co_await two.becomes(told, Duration(0)));
  CHECK(two.state() == CopyState::needs_you);
  two.hall.accounts.quota_of_baba = 0;
  const std::size_t before = tries(two);
  co_await change_others(two);
  co_await two.pass_time(minutes(9));
  CHECK(tries(two) == before);
  co_await two.pass_time(minutes(1));
  CHECK(tries(two) > before);
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
}

// What a person decides about deletions rings as well.
Task<void> deletions_decided(TimedSides& two) {
  co_await asks_once(two);
  const std::string inbox("INBOX");
  (void)co_await two.world->sync->decide(two.world->account, inbox, true);
  co_await two.pass_time(seconds(250));
  CHECK(tries(two) == 1);
}

// A pass asks for NAMESPACE.
Task<void> quiet(TimedSides& two) {
  two.at(old_side).listen = true;
  const auto watched = [&] { return two.heard(old_side, "IDLE") >= 1; };
  CHECK(co_await two.becomes(watched));
  const std::size_t before = two.heard(old_side, "IDLE");
  co_await two.put(old_side, letter("b"));
  const auto copied = [&] { return two.mailbox(new_side).size() == 2; };
  CHECK(co_await two.becomes(copied));
  const auto again = [&] { return two.heard(old_side, "IDLE") > before; };
  CHECK(co_await two.becomes(again));
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  co_await two.pass_time(seconds(2));
  two.at(old_side).heard.clear();
  co_await change_others(two);
  co_await two.pass_time(minutes(4));
  CHECK(two.at(old_side).heard.empty());
  co_await two.pass_time(minutes(2));
  CHECK_FALSE(two.at(old_side).heard.empty());  // the usual look at all folders
}

void throttled(std::function<Task<void>(TimedSides&)> test) {
  TimedSides two;
  const std::string words("[UNAVAILABLE] Suggested Backoff Time: 300000 milliseconds");
  two.run_beside(log_in_refused(two, words), test(two));
}

}  // namespace

TEST_CASE("A pause that a server asked for is not ended by what concerns other accounts") {
  throttled(left_alone);
}
TEST_CASE("A pause that a server asked for is ended by whoever asks for a pass") {
  throttled(ended_by_sync_now);
}
TEST_CASE("A pause that a server asked for is ended by a change of the account's own entry") {
  throttled(ended_by_own_entry);
  throttled(ended_by_own_pause);
}
TEST_CASE("A decision about deletions does not end a pause that a server asked for") {
  throttled(deletions_decided);
}
TEST_CASE("A fault is tried again after a while that doubles") {
  TimedSides two;
  two.run_beside(log_in_refused(two, "[UNAVAILABLE] the storage is away"),
                 waits_longer_each_time(two));
}
TEST_CASE("A wrong password is tried once, whatever becomes of other accounts") {
  TimedSides two;
  two.run_beside(wrong_password(two), password_tried_once(two));
}
TEST_CASE("A full mailbox is tried again at its time") {
  TimedSides two;
  two.hall.accounts.quota_of_baba = 100;
  two.run_beside(two.one_letter(), full_mailbox(two));
}
TEST_CASE("A mailbox in which nothing happens is left alone between two looks at all of it") {
  TimedSides two;
  two.run_beside(two.one_letter(), quiet(two));
}

}  // namespace tandem::sync
