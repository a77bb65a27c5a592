// What copying waits for: of one account by what is known of it, of a migration by most of them.
#include "webui/bottleneck.hpp"

#include "migration/account_leases.hpp"
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::CopyState;
using migration::Phase;
using migration::Side;
using std::chrono::seconds;
using webui::AccountState;
using webui::Bottleneck;
using webui::bottleneck_of;

const WallTime noon{seconds(1'800'000'000)};

AccountState copying() {
  AccountState state;
  state.account.phase = Phase::mirror_old;
  state.progress.state = CopyState::copying;
  return state;
}

AccountState with_waits(Duration old_side, Duration new_side) {
  AccountState state = copying();
  state.progress.waited = {old_side, new_side};
  return state;
}

bool is(const std::optional<Bottleneck>& found, std::string_view kind,
        std::optional<Side> side = {}, std::optional<WallTime> until = {}) {
  return found && found->kind == kind && found->side == side && found->until == until;
}

AccountState stopped(CopyState copy, std::string problem) {
  AccountState state = copying();
  state.progress.state = copy;
  state.progress.problem = std::move(problem);
  return state;
}

Task<void> told(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const auto& clock = site.net.clock();
  auto& slow = site.rooms.copies[site.account("aoki@example.jp").id];
  slow.state = CopyState::copying;
  slow.waited = {seconds(1), seconds(9)};
  auto& waits = site.rooms.copies[site.account("baba@example.jp").id];
  waits.state = CopyState::copying;
  waits.quotas.push_back({.side = Side::old_side,
                          .per_day = 1000,
                          .used = 1000,
                          .goes_on_at = clock.wall() + std::chrono::hours(3)});
  Answer answer = co_await browser.get("/api/accounts/aoki@example.jp");
  CHECK(faults(component("AccountDetail"), answer.json()) == "");
  CHECK(answer.json().at("account").at("bottleneck") ==
        json::object{{"kind", "slow_target"}, {"side", "new"}, {"until", nullptr}});
  answer = co_await browser.get("/api/accounts/baba@example.jp");
  CHECK(answer.json().at("account").at("bottleneck") ==
        json::object{{"kind", "daily_quota"}, {"side", "old"}, {"until", "2026-11-24T03:00:00Z"}});
  slow.waited = {};
  answer = co_await browser.get("/api/overview");
  CHECK(faults(component("Overview"), answer.json()) == "");
  CHECK(answer.json().at("migrations").at(0).at("bottleneck").at("kind") == "daily_quota");
}

}  // namespace

TEST_CASE("the side that copying waits for is known when most of the time goes there") {
  CHECK_FALSE(bottleneck_of(with_waits(seconds(1), Duration::zero()), noon));  // too short to say
  CHECK(is(bottleneck_of(with_waits(seconds(8), seconds(4)), noon), "slow_source", Side::old_side));
  CHECK(is(bottleneck_of(with_waits(seconds(4), seconds(8)), noon), "slow_target", Side::new_side));
  CHECK(is(bottleneck_of(with_waits(seconds(5), seconds(5)), noon), "both_sides"));
  AccountState switched = with_waits(seconds(1), seconds(9));
  switched.account.phase = Phase::mirror_new;
  CHECK(is(bottleneck_of(switched, noon), "slow_source", Side::new_side));
  switched.progress.state = CopyState::in_sync;
  CHECK_FALSE(bottleneck_of(switched, noon));
  switched.account.phase = Phase::finished;
  CHECK_FALSE(bottleneck_of(switched, noon));
}

TEST_CASE("what holds a copy up altogether is told before who is slow") {
  AccountState state = with_waits(seconds(1), seconds(9));
  state.progress.quotas = {{.side = Side::old_side, .per_day = 10, .used = 10},
                           {.side = Side::new_side,
                            .upload = true,
                            .per_day = 10,
                            .used = 10,
                            .goes_on_at = noon + seconds(60)}};
  CHECK(is(bottleneck_of(state, noon), "daily_quota", Side::new_side, noon + seconds(60)));
  CHECK(is(bottleneck_of(state, noon + seconds(61)), "slow_target", Side::new_side));
  state.account.paused = true;
  CHECK(is(bottleneck_of(state, noon), "paused"));
  state = copying();
  state.progress.state = CopyState::waiting;
  CHECK(is(bottleneck_of(state, noon), "turn"));
  state.progress.problem = migration::in_use_by({.pid = 12, .command = "load"});
  CHECK(is(bottleneck_of(state, noon), "in_use"));
  state = stopped(CopyState::failed, "aoki on the old side: slow down");
  state.progress.pause = {Side::old_side, noon + seconds(30)};
  CHECK(is(bottleneck_of(state, noon), "host_pause", Side::old_side, noon + seconds(30)));
  CHECK_FALSE(bottleneck_of(state, noon + seconds(31)));
  state = stopped(CopyState::needs_you, "the mailbox on the new side is over quota");
  CHECK(is(bottleneck_of(state, noon), "mailbox_full", Side::new_side));
  state = stopped(CopyState::failed, "aoki on the old side: the server does not answer");
  CHECK(is(bottleneck_of(state, noon), "no_answer", Side::old_side));
  state = stopped(CopyState::needs_you, "the log-in was refused");
  CHECK(is(bottleneck_of(state, noon), "needs_you"));
}

TEST_CASE("a migration waits for what most of its accounts wait for, a person's last") {
  std::vector<AccountState> all(3, with_waits(seconds(9), seconds(1)));
  all.push_back(with_waits(seconds(1), seconds(9)));
  for (int at = 0; at < 5; ++at) all.push_back(stopped(CopyState::needs_you, "log-in refused"));
  CHECK(is(webui::commonest_bottleneck(all, noon), "slow_source", Side::old_side));
  all.erase(all.begin(), all.begin() + 4);
  CHECK(is(webui::commonest_bottleneck(all, noon), "needs_you"));
  all.clear();
  CHECK_FALSE(webui::commonest_bottleneck(all, noon));
}

TEST_CASE("the API tells what copying waits for, of an account and of its migration") {
  Site site;
  site.import({"aoki@example.jp", "baba@example.jp"});
  site.make_ready("aoki@example.jp");
  site.make_ready("baba@example.jp");
  site.run(told);
}

}  // namespace tandem::test
