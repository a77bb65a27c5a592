// How an account is watched between its passes: by IDLE, by STATUS where that is not offered, or
// not at all. By a clock that is moved.
#include "tests/sync/timed_sides.hpp"

namespace tandem::sync {
namespace {

Task<void> no_idle(TimedSides& two, Side side) {
  two.at(side).replace = {{" IDLE", " XDLE"}};
  co_await two.one_letter();
}

// Until nothing is under way any more; then what is heard is counted from here.
Task<void> come_to_rest(TimedSides& two) {
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  co_await two.pass_time(Duration(0));
  two.listen_anew();
}

bool is_quiet(TimedSides& two) {
  return two.at(old_side).heard.empty() && two.at(new_side).heard.empty();
}

Task<void> arrives_on(TimedSides& two, Side side, std::size_t count) {
  co_await two.put(side, letter(std::to_string(count)));
  two.at(side).heard.clear();
}

Task<void> polled(TimedSides& two) {
  co_await come_to_rest(two);
  co_await two.pass_time(seconds(28));
  CHECK(is_quiet(two));
  auto wait = seconds(4);
  for (int poll = 1; poll <= 3; ++poll) {
    co_await two.pass_time(wait);
    wait = seconds(30);
    for (const Side side : {old_side, new_side}) {
      CHECK(two.heard(side, "STATUS INBOX (MESSAGES UIDNEXT)") == static_cast<std::size_t>(poll));
      CHECK(two.heard(side, "LIST") == 0);  // no pass
      CHECK(two.heard(side, "IDLE") == 0);
    }
  }
  std::size_t count = 1;
  for (const Side side : {old_side, new_side}) {
    co_await arrives_on(two, side, ++count);
    co_await two.pass_time(seconds(20));
    CHECK(two.mailbox(migration::other(side)).size() == count - 1);
    co_await two.pass_time(seconds(10));
    const auto copied = [&] { return two.mailbox(migration::other(side)).size() == count; };
    CHECK(co_await two.becomes(copied));
    co_await come_to_rest(two);
  }
}

// Everything is looked at now and then, whatever the polls say of the INBOX.
Task<void> other_folders_at_the_interval(TimedSides& two) {
  co_await come_to_rest(two);
  const std::string sent("Sent");
  co_await two.put(old_side, letter("b"), "", sent);
  co_await two.pass_time(minutes(4));
  CHECK(two.mailbox(new_side, sent).empty());
  co_await two.pass_time(minutes(1) + seconds(30));
  const auto copied = [&] { return two.mailbox(new_side, sent).size() == 1; };
  CHECK(co_await two.becomes(copied));
}

// A side that does not answer STATUS is opened anew.
Task<void> poll_breaks(TimedSides& two) {
  co_await come_to_rest(two);
  const std::size_t before = two.at(old_side).connections;
  two.at(old_side).poison = "STATUS INBOX (MESSAGES UIDNEXT)";
  co_await two.pass_time(seconds(32));
  CHECK(two.at(old_side).poisoned == 1);
  two.at(old_side).poison.clear();
  const auto again = [&] { return two.at(old_side).connections == before + 1; };
  CHECK(co_await two.becomes(again));
  co_await come_to_rest(two);
  co_await arrives_on(two, old_side, 2);
  co_await two.pass_time(seconds(32));
  const auto copied = [&] { return two.mailbox(new_side).size() == 2; };
  CHECK(co_await two.becomes(copied));
}

// Beyond the number of those that are watched no connection is kept.
Task<void> not_watched(TimedSides& two) {
  co_await come_to_rest(two);
  const auto left = [&] { return two.sessions == 0; };
  CHECK(co_await two.becomes(left));
  const std::size_t before = two.at(old_side).connections;
  co_await arrives_on(two, old_side, 2);
  co_await two.pass_time(minutes(4));
  CHECK(two.at(old_side).connections == before + 1);  // the test's own
  co_await two.pass_time(minutes(1));
  const auto copied = [&] { return two.mailbox(new_side).size() == 2; };
  CHECK(co_await two.becomes(copied));
}

}  // namespace

TEST_CASE("Where a side has no IDLE both INBOXes are asked for their STATUS every half minute") {
  for (const Side side : {old_side, new_side}) {
    TimedSides two;
    two.run_beside(no_idle(two, side), polled(two));
  }
}
TEST_CASE("Other folders are looked at every five minutes") {
  {
    TimedSides two;
    two.run_beside(no_idle(two, old_side), other_folders_at_the_interval(two));
  }
  TimedSides two;  // IDLE tells of INBOX alone
  two.run_beside(two.one_letter(), other_folders_at_the_interval(two));
}
TEST_CASE("A side that breaks when it is polled is opened anew") {
  TimedSides two;
  two.run_beside(no_idle(two, old_side), poll_breaks(two));
}
TEST_CASE("Accounts beyond those that are watched are looked at every five minutes") {
  TimedSides two;
  two.world->options.watched_accounts = 0;
  two.run_beside(two.one_letter(), not_watched(two));
}

}  // namespace tandem::sync
