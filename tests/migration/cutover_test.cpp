#include "migration/cutover.hpp"

#include "tests/migration/ledger_fixture.hpp"

namespace tandem::migration {
namespace {

// Stands in for the three rooms; writes down what it was asked, and fails where told.
struct FakeRooms : SessionFence, TransactionFence, Delta, CopyView {
  std::vector<std::string> calls;
  DeltaReport report{.source_messages = 5, .matched = 5};
  int fail_delta_at = 0;  // the n-th delta fails
  int deltas = 0;

  Task<void> hold(AccountId, Duration) override {
    calls.emplace_back("hold");
    co_return;
  }
  Task<std::size_t> drain(AccountId, Duration) override {
    calls.emplace_back("drain");
    co_return 2;
  }
  Task<bool> hold_and_drain(AccountId, Duration) override {
    calls.emplace_back("hold mail");
    co_return true;
  }
  Task<void> release(AccountId) override {
    calls.emplace_back("release");
    co_return;
  }
  std::uint64_t pending_mirrors(AccountId) const override { return 0; }
  Task<Result<DeltaReport>> run_delta(AccountId, Side from) override {
    calls.emplace_back(from == Side::old_side ? "delta old" : "delta new");
    if (++deltas == fail_delta_at) co_return fail(ErrorKind::unreachable, "the side is down");
    co_return report;
  }
  CopyProgress progress(AccountId) const override { return {.state = CopyState::in_sync}; }
  std::vector<FolderProgress> folders(AccountId) const override { return {}; }
  std::vector<SkippedMessage> skipped(AccountId) const override { return {}; }
  void run_now(AccountId) override {}
};

struct Scene {
  Ledger ledger;
  FakeRooms rooms;
  EventBus events;
  Cutover cutover{*ledger.registry, {rooms, rooms, rooms, rooms}, events};
  AccountId id = 0;

  Scene() {
    std::vector<config::AccountRow> rows;
    rows.push_back(row("aoki@example.jp"));
    ledger.import(std::move(rows));
    id = ledger.account("aoki@example.jp").id;
    test::run([](Registry& registry, AccountId account) -> net::Task<void> {
      const auto started = co_await registry.take_step(account, Step::start, 1, "test");
      REQUIRE(started);
    }(*ledger.registry, id));
  }
  bool run(Step step) {
    bool ok = false;
    test::run([](Cutover& it, AccountId account, Step which, bool& result) -> net::Task<void> {
      const auto outcome = co_await it.run(account, which, "test");
      result = outcome.has_value();
    }(cutover, id, step, ok));
    return ok;
  }
  Phase phase() const { return ledger.account("aoki@example.jp").phase; }
};

}  // namespace

TEST_CASE("cut-over: prepare, fence, drain, commit, observe, in that order") {
  Scene scene;
  CHECK(scene.run(Step::cut_over));
  CHECK(scene.phase() == Phase::mirror_new);
  CHECK(scene.rooms.calls == std::vector<std::string>{"delta old", "hold", "hold mail", "drain",
                                                      "delta old", "release", "release"});
}

TEST_CASE("cut-over: roll-back is the same with the sides swapped") {
  Scene scene;
  REQUIRE(scene.run(Step::cut_over));
  scene.rooms.calls.clear();
  CHECK(scene.run(Step::roll_back));
  CHECK(scene.phase() == Phase::mirror_old);
  CHECK(scene.rooms.calls.front() == "delta new");
}

TEST_CASE("cut-over: a failure at any step leaves the old epoch and no fence") {
  for (const int failing : {1, 2}) {
    Scene scene;
    scene.rooms.fail_delta_at = failing;
    CHECK_FALSE(scene.run(Step::cut_over));
    CHECK(scene.phase() == Phase::mirror_old);
    const auto held = std::ranges::count(scene.rooms.calls, "hold");
    const auto released = std::ranges::count(scene.rooms.calls, "release");
    CHECK(released == 2 * held);
  }
}

TEST_CASE("cut-over: a message missing on the other side stops it") {
  Scene scene;
  scene.rooms.report.matched = 4;
  CHECK_FALSE(scene.run(Step::cut_over));
  CHECK(scene.phase() == Phase::mirror_old);
  scene.rooms.report.skipped = 1;  // recorded as impossible, with its reason: known to the operator
  CHECK(scene.run(Step::cut_over));
}

TEST_CASE(
    "cut-over: a step that does not begin in the phase is refused before anything is touched") {
  Scene scene;
  CHECK_FALSE(scene.run(Step::roll_back));
  CHECK(scene.rooms.calls.empty());
}

}  // namespace tandem::migration
