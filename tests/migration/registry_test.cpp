#include "migration/registry.hpp"

#include "tests/migration/ledger_fixture.hpp"

namespace tandem::migration {
namespace {

std::vector<config::AccountRow> two_rows() {
  std::vector<config::AccountRow> rows;
  rows.push_back(row("Aoki@example.jp"));
  rows.push_back(row("baba@example.jp", ""));
  return rows;
}

net::Task<void> step(Registry& registry, AccountId account, Step which, std::uint64_t epoch,
                     bool expected) {
  const auto moved = co_await registry.take_step(account, which, epoch, "test");
  CHECK(moved.has_value() == expected);
}

net::Task<void> pause_account(Registry& registry, AccountId account, bool paused) {
  CHECK(co_await registry.set_paused(account, paused, "test"));
}

}  // namespace

TEST_CASE("registry: whoever listens is told of each change, when the routes have it") {
  Ledger ledger;
  ledger.import(two_rows());
  const AccountId id = ledger.account("aoki@example.jp").id;
  std::vector<Account> told;
  const auto look = [&] { told.push_back(ledger.account("aoki@example.jp")); };
  auto handle = ledger.registry->on_change(look);
  test::run(pause_account(*ledger.registry, id, true));
  REQUIRE(told.size() == 1);
  CHECK(is_left_alone(told[0]));
  test::run(pause_account(*ledger.registry, id, false));
  test::run(step(*ledger.registry, id, Step::start, 1, true));
  REQUIRE(told.size() == 3);
  CHECK(is_left_alone(told[1]));  // it has no mirror yet
  CHECK_FALSE(is_left_alone(told[2]));
  ledger.import(two_rows());
  CHECK(told.size() == 4);
  handle.reset();
  test::run(pause_account(*ledger.registry, id, true));
  CHECK(told.size() == 4);
  const auto last = ledger.registry->on_change(look);
  ledger.reopen();  // the handle may outlive what it listened to
}

TEST_CASE("registry: beside its writer it shows what has changed when it reads again") {
  Ledger ledger;
  ledger.import(two_rows());
  auto store = store::Store::open(ledger.directory.path + "/data", {}, {.read_only = true});
  REQUIRE(store);
  auto beside = Registry::open(**store, {example_settings()}, ledger.secrets, ledger.clock);
  REQUIRE(beside);
  const Account before = ledger.account("aoki@example.jp");
  test::run(pause_account(*ledger.registry, before.id, true));
  CHECK_FALSE((*beside)->routes()->account(before.id)->paused);
  REQUIRE((*beside)->read_again());
  CHECK((*beside)->routes()->account(before.id)->paused);
}

TEST_CASE("registry: imported accounts begin in phase old with the side's log-in form") {
  Ledger ledger;
  ledger.import(two_rows());
  const Account aoki = ledger.account("aoki@example.jp");
  CHECK(aoki.phase == Phase::old);
  CHECK(aoki.login_at(Side::old_side).login == "aoki");
  CHECK(aoki.login_at(Side::new_side).login == "aoki@example.jp");
}

TEST_CASE(
    "registry: passwords are sealed, opened for their side only, and kept by a second import") {
  Ledger ledger;
  ledger.import(two_rows());
  const Account aoki = ledger.account("aoki@example.jp");
  CHECK(aoki.login_at(Side::old_side).sealed_password.find("old-secret") == std::string::npos);
  const auto opened = ledger.registry->credential(aoki, Side::old_side);
  REQUIRE(opened);
  CHECK(opened->password.reveal() == "old-secret");
  const auto none = ledger.registry->credential(aoki, Side::new_side);
  REQUIRE_FALSE(none);
  CHECK_FALSE(none.error().next_step.empty());

  std::vector<config::AccountRow> again;
  again.push_back(row("aoki@example.jp", ""));
  ledger.import(std::move(again));
  CHECK(ledger.registry->credential(ledger.account("aoki@example.jp"), Side::old_side));
}

TEST_CASE("registry: a second import of the same passwords changes nothing, of another one does") {
  Ledger ledger;
  CHECK(ledger.import(two_rows()).added == 2);
  const std::string sealed =
      ledger.account("aoki@example.jp").login_at(Side::old_side).sealed_password;
  const ImportReport again = ledger.import(two_rows());
  CHECK(again.unchanged == 2);
  CHECK(again.changed == 0);
  CHECK(ledger.account("aoki@example.jp").login_at(Side::old_side).sealed_password == sealed);

  std::vector<config::AccountRow> better;
  better.push_back(row("aoki@example.jp", "another-secret"));
  CHECK(ledger.import(std::move(better)).changed == 1);
  const auto opened =
      ledger.registry->credential(ledger.account("aoki@example.jp"), Side::old_side);
  REQUIRE(opened);
  CHECK(opened->password.reveal() == "another-secret");
}

TEST_CASE("registry: a step is durable, raises the epoch, and needs the epoch that was seen") {
  Ledger ledger;
  ledger.import(two_rows());
  const AccountId id = ledger.account("aoki@example.jp").id;
  test::run(step(*ledger.registry, id, Step::cut_over, 1, false));
  test::run(step(*ledger.registry, id, Step::start, 1, true));
  test::run(step(*ledger.registry, id, Step::cut_over, 1, false));
  test::run(step(*ledger.registry, id, Step::cut_over, 2, true));
  ledger.reopen();
  const Account moved = ledger.account("aoki@example.jp");
  CHECK(moved.phase == Phase::mirror_new);
  CHECK(moved.epoch == 3);
  CHECK(ledger.registry->routes()->recipient("aoki@example.jp")->home == Side::new_side);
  const auto history = ledger.registry->history(id);
  REQUIRE(history);
  REQUIRE(history->size() == 2);
  CHECK(history->at(1).to == Phase::mirror_new);
  const auto audit = ledger.registry->audit_log(10);
  REQUIRE(audit);
  CHECK(audit->front().what == "cut over");
  CHECK(audit->back().what == "import");
  const auto older = ledger.registry->audit_log(1, audit->front().id);
  REQUIRE(older);
  REQUIRE(older->size() == 1);
  CHECK(older->front().id == audit->at(1).id);
}

}  // namespace tandem::migration
