// The ETA as the API tells it, of an account and in the overview: by the rate, and by a daily
// quota.
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::CopyState;
using std::chrono::seconds;

void prepare(Site& site) {
  site.import({"doi@example.jp"});
  site.make_ready("doi@example.jp");
}

Task<void> eta_by_rate(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  net::TaskGroup group(site.net.executor());
  group.spawn(site.web->run(group));
  const auto id = site.account("doi@example.jp").id;
  auto& copy = site.rooms.copies[id];
  copy = {.account = id, .state = CopyState::copying, .bytes_total = 100'000'000};
  for (int i = 0; i < 60; ++i) {
    copy.bytes_done += 100'000;  // 20 kB a second
    co_await site.net.timers.pass(seconds(5));
  }
  Answer answer = co_await browser.get("/api/overview");
  json::value told = answer.json().at("migrations").at(0).at("eta");
  CHECK(told.at("known") == true);
  // 94 MB at 20 kB/s: an hour and 18 minutes from 00:05.
  CHECK(told.at("low") == "2026-11-24T01:20:00Z");
  CHECK(told.at("high") == "2026-11-24T01:50:00Z");
  co_await site.net.timers.pass(seconds(70));
  answer = co_await browser.get("/api/overview");
  told = answer.json().at("migrations").at(0).at("eta");
  CHECK(told.at("known") == false);  // stalled
  group.request_stop();
  co_await group.join();
}

TEST_CASE("the ETA is a range from the measured rate, and unknown after a stall") {
  Site site;
  prepare(site);
  site.run(eta_by_rate);
}

// 8 GB at 500 MB a day: 16 days.
Task<void> eta_under_quota(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const auto id = site.account("doi@example.jp").id;
  const WallTime now = site.net.clock().wall();
  auto& copy = site.rooms.copies[id];
  copy = {.account = id,
          .state = CopyState::copying,
          .bytes_total = 8'000'000'000,
          .problem = "The daily limit of the new side is reached: no more than 500 MB may be put",
          .next_step = "Nothing to do."};
  copy.quotas.push_back({.side = migration::Side::new_side,
                         .upload = true,
                         .per_day = 500'000'000,
                         .used = 500'000'000,
                         .goes_on_at = now + std::chrono::hours(3)});
  Answer answer = co_await browser.get("/api/accounts/doi@example.jp");
  CHECK(faults(component("AccountDetail"), answer.json()) == "");
  const json::value account = answer.json().at("account");
  CHECK(account.at("problem").at("kind") == "daily_quota");
  CHECK(account.at("problem").at("who") == "nobody");
  CHECK(account.at("state") == "copying");
  CHECK(account.at("daily_quotas").at(0).at("goes_on_at") == "2026-11-24T03:00:00Z");
  CHECK(account.at("eta").at("low") == "2026-12-09T00:00:00Z");
  CHECK(account.at("eta").at("high") == "2026-12-10T18:00:00Z");
  answer = co_await browser.get("/api/overview");
  CHECK(faults(component("Overview"), answer.json()) == "");
  const json::value told = answer.json().at("migrations").at(0).at("eta");
  CHECK(told.at("known") == true);
  CHECK(told.at("limit") == "new");
  CHECK(told == account.at("eta"));
}

TEST_CASE("the ETA knows what a provider lets through in a day") {
  Site site;
  prepare(site);
  site.run(eta_under_quota);
}

}  // namespace
}  // namespace tandem::test
