#include "migration/cutover.hpp"

#include <ranges>
#include <set>

#include "lib/net/wait.hpp"
#include "tests/migration/ledger_fixture.hpp"

namespace tandem::migration {
namespace {

using namespace std::chrono_literals;

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
  bool is_copying(AccountId) const override { return false; }
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
    test::run([](Scene& it, Step which, bool& result) -> net::Task<void> {
      const auto outcome = co_await it.cutover.run(it.id, which, "test");
      result = outcome.has_value();
      it.next_step = outcome ? std::string() : outcome.error().next_step;
    }(*this, step, ok));
    return ok;
  }
  std::string next_step;  // of the last step that failed
  Phase phase() const { return ledger.account("aoki@example.jp").phase; }
};

// Many accounts, and how many of them are under way.
struct Company : FakeRooms {
  Ledger ledger;
  EventBus events;
  CutoverBatch batch;
  std::set<AccountId> under_way;
  std::vector<std::size_t> seen;  // how many were under way, as each was held
  std::set<std::size_t> bad;      // places in the order

  explicit Company(int people) {
    std::vector<config::AccountRow> rows;
    for (int at = 0; at < people; ++at) rows.push_back(row(name(at)));
    ledger.import(std::move(rows));
    for (int at = 0; at < people; ++at) batch.accounts.push_back(ledger.account(name(at)).id);
    batch.who = "test";
    test::run([](Company& it) -> net::Task<void> {
      for (const AccountId id : it.batch.accounts)
        REQUIRE(co_await it.ledger.registry->take_step(id, Step::start, 1, "test"));
    }(*this));
  }
  static std::string name(int at) { return "person" + std::to_string(at) + "@example.jp"; }

  Task<void> hold(AccountId id, Duration) override {
    under_way.insert(id);
    seen.push_back(under_way.size());
    for (int turns = 0; turns < 100; ++turns) co_await net::yield_now();
  }
  Task<Result<DeltaReport>> run_delta(AccountId id, Side) override {
    const auto found = std::ranges::find(batch.accounts, id);
    const auto at = static_cast<std::size_t>(found - batch.accounts.begin());
    if (bad.contains(at)) co_return fail(ErrorKind::unreachable, "the side is down");
    co_return report;
  }
  bool run(std::function<bool()> stopping = {}) {
    Cutover cutover(*ledger.registry, {*this, *this, *this, *this}, events);
    bool all = false;
    batch.stopping = std::move(stopping);
    batch.ended = [this](std::size_t at, const Result<DeltaReport>&) {
      under_way.erase(batch.accounts[at]);
    };
    test::run([](Cutover& it, CutoverBatch what, bool& result) -> net::Task<void> {
      result = co_await it.run_batch(std::move(what));
    }(cutover, batch, all));
    return all;
  }
  std::size_t moved() {
    const auto routes = ledger.registry->routes();
    return static_cast<std::size_t>(std::ranges::count_if(batch.accounts, [&](AccountId id) {
      return routes->account(id)->phase == Phase::mirror_new;
    }));
  }
};

}  // namespace

TEST_CASE("cut-over: of many, the first go one by one and then a few at once") {
  Company company(40);
  CHECK(company.run());
  CHECK(company.moved() == 40);
  REQUIRE(company.seen.size() == 40);
  CHECK(std::ranges::all_of(company.seen | std::views::take(5), [](auto one) { return one == 1; }));
  CHECK(std::ranges::max(company.seen | std::views::take(10)) <= 2);
  CHECK(std::ranges::max(company.seen) == 4);
}

TEST_CASE("cut-over: after the first that fails none is begun, and those under way end") {
  Company company(40);
  company.bad = {2};
  CHECK_FALSE(company.run());
  CHECK(company.moved() == 2);

  Company later(40);
  later.bad = {25};
  CHECK_FALSE(later.run());
  CHECK(later.under_way.empty());
  CHECK(later.moved() == 25);
}

TEST_CASE("cut-over: none is begun once Tandemail stops") {
  Company company(40);
  int asked = 0;
  CHECK_FALSE(company.run([&] { return ++asked > 3; }));
  CHECK(company.moved() == 3);
}

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
  scene.rooms.report.missing = 1;
  CHECK_FALSE(scene.run(Step::cut_over));
  CHECK(scene.phase() == Phase::mirror_old);
  CHECK(scene.next_step == "Wait until the account is in sync and try again.");
  scene.rooms.report.waits = DailyQuota{};
  scene.rooms.report.waits->goes_on_at = WallTime(std::chrono::sys_days{2026y / 11 / 28} + 90min);
  CHECK_FALSE(scene.run(Step::cut_over));
  CHECK(scene.next_step.contains("The old side lets no more through today"));
  CHECK(scene.next_step.contains("2026-11-28 01:30 UTC"));
  scene.rooms.report.waits.reset();
  scene.rooms.report.missing = 0;
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
