// The sync beside another process that works on the account: it waits, says for whom, and goes on
// by itself. The other one is a second opening of the leases.
#include "tests/sync/timed_sides.hpp"

namespace tandem::sync {
namespace {

using migration::AccountLeases;
using migration::CopyState;
using server::test::letter;
using std::chrono::minutes;
using std::chrono::seconds;

// Another process, which takes the lease before anything is copied.
struct Another {
  TimedSides two;
  std::unique_ptr<AccountLeases> leases;
  AccountLeases::Lease lease;

  void take() {
    auto taken = leases->take(two.world->account);
    REQUIRE(taken);
    lease = std::move(*taken);
  }
  [[nodiscard]] bool may_take() const { return !leases->holder(two.world->account); }
};

Task<void> one_to_copy(Another& other, bool hold) {
  other.leases = other.two.world->open_leases("load");
  co_await other.two.put(old_side, letter("a"));
  if (hold) other.take();
  for (Faults& side : other.two.faults) side.connections = 0;
}

std::size_t connections(const TimedSides& two) {
  return two.faults[0].connections + two.faults[1].connections;
}

Task<void> waits_for_another(Another& other) {
  TimedSides& two = other.two;
  for (int minute = 0; minute < 10; ++minute) co_await two.pass_time(minutes(1));
  CHECK(connections(two) == 0);
  CHECK(two.mailbox(new_side).empty());
  const auto shown = two.world->sync->progress(two.world->account);
  CHECK(shown.state == CopyState::waiting);
  CHECK(shown.problem.find("works on this account: tandemail load (PID ") != std::string::npos);
  CHECK(shown.next_step.find("by itself") != std::string::npos);
  CHECK(two.faults_told == 0);

  other.lease.let_go();
  co_await two.pass_time(seconds(5));
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  CHECK(two.mailbox(new_side).size() == 1);
  CHECK(two.world->sync->progress(two.world->account).problem.empty());
}

// Paused meanwhile, it waits no longer; resumed, it waits again.
Task<void> paused_while_it_waits(Another& other) {
  TimedSides& two = other.two;
  const AccountId id = two.world->account;
  const std::string who("test");
  co_await two.pass_time(seconds(1));
  CHECK(co_await two.world->registry->set_paused(id, true, who));
  other.lease.let_go();
  co_await two.pass_time(minutes(1));
  CHECK(two.state() == CopyState::paused);
  CHECK(two.world->sync->progress(id).problem.empty());
  other.take();
  CHECK(co_await two.world->registry->set_paused(id, false, who));
  co_await two.pass_time(minutes(1));
  CHECK(connections(two) == 0);
  other.lease.let_go();
  const auto copied = [&] { return two.mailbox(new_side).size() == 1; };
  CHECK(co_await two.becomes(copied, Duration(100)));
}

// Held while mailboxes are worked on, and not while they are watched.
Task<void> held_by_a_pass(Another& other) {
  TimedSides& two = other.two;
  std::size_t looks = 0;
  std::size_t free = 0;
  two.at(new_side).on_hearing = [&](std::string_view words) {
    if (words.find("APPEND") == std::string_view::npos) return;
    ++looks;
    free += other.may_take() ? 1 : 0;
  };
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  CHECK(looks > 0);
  CHECK(free == 0);
  co_await two.pass_time(seconds(2));
  CHECK(other.may_take());
}

Task<void> resumed_at_once(Another& other) {
  TimedSides& two = other.two;
  const AccountId id = two.world->account;
  const std::string who("test");
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  CHECK(co_await two.world->registry->set_paused(id, true, who));
  co_await two.pass_time(seconds(10));
  co_await two.put(old_side, letter("b"));
  co_await two.pass_time(seconds(10));
  CHECK(two.mailbox(new_side).size() == 1);
  CHECK(co_await two.world->registry->set_paused(id, false, who));
  const auto copied = [&] { return two.mailbox(new_side).size() == 2; };
  CHECK(co_await two.becomes(copied, Duration(0)));
}

// Its server puts there what it got when a pass might have looked already.
Task<void> behind_what_broke_off(Another& other) {
  TimedSides& two = other.two;
  other.lease.let_go(false);
  co_await two.pass_time(seconds(5));
  co_await two.put(new_side, letter("a"));
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync, Duration(100)));
  CHECK(two.mailbox(old_side).size() == 1);
  CHECK(two.mailbox(new_side).size() == 1);
}

void is_refused(const Error& error) {
  CHECK(error.kind == ErrorKind::conflict);
  CHECK(error.what.find("tandemail load (PID ") != std::string::npos);
  CHECK(error.next_step.find("try again") != std::string::npos);
}

// A cut-over's delta, verify, undo: whoever asked is told.
Task<void> asked_for_meanwhile(Another& other) {
  TimedSides& two = other.two;
  Sync& sync = *two.world->sync;
  const AccountId id = two.world->account;
  co_await one_to_copy(other, true);
  const auto delta = co_await sync.run_delta(id, old_side);
  REQUIRE_FALSE(delta);
  is_refused(delta.error());
  const auto verified = co_await sync.verify(id, false);
  REQUIRE_FALSE(verified);
  is_refused(verified.error());
  std::vector<std::int64_t> all;
  const auto undone = co_await sync.undo(id, std::move(all));
  REQUIRE_FALSE(undone);
  is_refused(undone.error());
  CHECK(connections(two) == 0);
  CHECK(sync.progress(id).problem.empty());  // it says nothing about the account
  other.lease.let_go();
  const auto report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(co_await sync.verify(id, false));
  CHECK(other.may_take());
}

}  // namespace

TEST_CASE("A pass waits for another process that works on the account, and says for whom") {
  Another other;
  other.two.run_beside(one_to_copy(other, true), waits_for_another(other));
}
TEST_CASE("Behind a load that broke off a pass waits until its server is done with it") {
  Another other;
  other.two.world->options.late_append = seconds(2);
  other.two.run_beside(one_to_copy(other, true), behind_what_broke_off(other));
}
TEST_CASE("A pause is heeded while another process is waited for") {
  Another other;
  other.two.run_beside(one_to_copy(other, true), paused_while_it_waits(other));
}
TEST_CASE("A pass holds the account's lease to its end, and no longer") {
  Another other;
  other.two.run_beside(one_to_copy(other, false), held_by_a_pass(other));
}
TEST_CASE("A resumed account is copied at once, not when somebody next looks") {
  Another other;
  other.two.run_beside(one_to_copy(other, false), resumed_at_once(other));
}
TEST_CASE("A delta, a verification and an undo are refused while another process works") {
  Another other;
  other.two.run(asked_for_meanwhile(other));
}

}  // namespace tandem::sync
