// Cut-overs and roll-backs over the API: simulated, watched, stopped.
#include "tests/webui/contract.hpp"
#include "tests/webui/filled_site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::Phase;

Task<void> simulate(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.post(
      "/api/cutover", R"({"migration":"example","accounts":"all","simulate":true})");
  REQUIRE(answer.status == 200);
  CHECK(faults(component("Simulation"), answer.json()) == "");
  const json::value all = answer.json().at("simulation");
  CHECK(all.at("accounts") == json::array{"aoki@example.jp", "baba@example.jp"});
  CHECK(all.at("confirm") == "example.jp");
  CHECK(all.at("warnings").at(0).at("problem").at("kind") == "would_be_missing");
  answer = co_await browser.post("/api/cutover", R"({"migration":"example","simulate":true,
      "accounts":["doi@example.jp","chiba@example.jp","baba@example.jp"]})");
  const json::value some = answer.json().at("simulation");
  CHECK(some.at("accounts") == json::array{"baba@example.jp"});
  REQUIRE(some.at("warnings").as_array().size() == 2);
  CHECK(some.at("warnings").at(0).at("blocking") == true);
  CHECK(some.at("warnings").at(0).at("problem").at("kind") == "never_synced");
  answer = co_await browser.post("/api/rollback",
                                 R"({"migration":"example","accounts":["aoki@example.jp"],
      "simulate":true})");
  CHECK(answer.json().at("simulation").at("warnings").at(0).at("problem").at("kind") ==
        "already_there");
  answer = co_await browser.get("/api/runs");
  CHECK(answer.json().at("runs").as_array().empty());
  CHECK(site.account("aoki@example.jp").phase == Phase::mirror_old);
}

TEST_CASE("a simulation says what would happen and changes nothing") {
  Site site;
  fill(site);
  site.run(simulate);
}

constexpr const char* cut_over_two =
    R"({"migration":"example","accounts":["aoki@example.jp","baba@example.jp"],
        "simulate":false,"confirm":"example.jp"})";

Task<void> switch_and_back(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.post("/api/cutover",
                                        R"({"migration":"example","accounts":"all",
      "simulate":false,"confirm":"wrong.jp"})");
  CHECK(answer.status == 400);
  CHECK(answer.kind() == "confirm_mismatch");
  answer = co_await browser.post("/api/cutover", cut_over_two);
  REQUIRE(answer.status == 200);
  CHECK(faults(component("RunStarted"), answer.json()) == "");
  const std::string id(answer.json().at("run").as_string());
  answer = co_await browser.post("/api/cutover", cut_over_two);
  CHECK(answer.status == 409);
  CHECK(answer.kind() == "busy");
  answer = co_await browser.get("/api/runs/" + id);
  CHECK(answer.json().at("state") == "running");
  CHECK(answer.json().at("accounts").at(0).at("step") == "prepare");
  co_await site.end_runs();
  answer = co_await browser.get("/api/runs/" + id);
  CHECK(faults(component("Run"), answer.json()) == "");
  CHECK(answer.json().at("state") == "done");
  CHECK(answer.json().at("by") == "admin");
  CHECK(answer.json().at("accounts").at(1).at("result") == "ok");
  CHECK(site.account("baba@example.jp").phase == Phase::mirror_new);
  answer = co_await browser.get("/api/accounts/baba%40example.jp");
  CHECK(answer.json().at("account").at("state") == "switched");
  CHECK(answer.json().at("account").at("home") == "new");
  answer = co_await browser.post("/api/rollback",
                                 R"({"migration":"example","accounts":["baba@example.jp"],
      "simulate":false,"confirm":"example.jp"})");
  REQUIRE(answer.status == 200);
  co_await site.end_runs();
  answer = co_await browser.get("/api/accounts/baba%40example.jp");
  CHECK(answer.json().at("account").at("state") == "rolled_back");
  CHECK(faults(component("AccountDetail"), answer.json()) == "");
}

TEST_CASE("cut over with the typed domain, watch it, roll back") {
  Site site;
  fill(site);
  site.run(switch_and_back);
}

Task<void> red(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.post("/api/cutover", cut_over_two);
  const std::string id(answer.json().at("run").as_string());
  co_await site.end_runs();
  answer = co_await browser.get("/api/runs/" + id);
  CHECK(faults(component("Run"), answer.json()) == "");
  CHECK(answer.json().at("state") == "stopped");
  CHECK(answer.json().at("accounts").at(0).at("result") == "red");
  CHECK(answer.json().at("accounts").at(0).at("problem").at("kind") == "unreachable");
  CHECK(answer.json().at("accounts").at(1).at("step") == "waiting");
  CHECK(site.account("aoki@example.jp").phase == Phase::mirror_old);
}

TEST_CASE("a run stops at the first account that fails and touches no other") {
  Site site;
  fill(site);
  site.rooms.delta_fails = true;
  site.run(red);
}

}  // namespace
}  // namespace tandem::test
