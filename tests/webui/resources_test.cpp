// Every resource against the contract, and what it does.
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "tests/webui/contract.hpp"
#include "tests/webui/filled_site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::Phase;
using std::chrono::seconds;

Task<void> read_all(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  for (const char* path :
       {"/api/health", "/api/session", "/api/overview", "/api/accounts", "/api/runs",
        "/api/deliveries", "/api/queue", "/api/audit", "/api/users"}) {
    const Answer answer = co_await browser.get(path);
    INFO(path << " " << answer.body);
    REQUIRE(answer.status == 200);
    CHECK(faults(answer_of(path, "get"), answer.json()) == "");
    CHECK(answer.headers.get("Cache-Control") == "no-store");
    CHECK(answer.headers.get("X-Content-Type-Options") == "nosniff");
  }
  Answer answer = co_await browser.get("/api/accounts/aoki%40example.jp");
  REQUIRE(answer.status == 200);
  CHECK(faults(component("AccountDetail"), answer.json()) == "");
  const boost::json::value detail = answer.json();
  const auto& folders = detail.at("folders").as_array();
  REQUIRE(folders.size() == 2);
  CHECK(folders[0].at("old") == folders[0].at("new"));
  CHECK(folders[1].at("old") == "ゴミ箱");
  CHECK(folders[1].at("new") == "Trash");
  CHECK(answer.json().at("skipped").at(0).at("reason").at("kind") == "oversize");
  CHECK(answer.json().at("history").at(0).at("state") == "copying");
  answer = co_await browser.get("/api/check/aoki%40example.jp");
  REQUIRE(answer.status == 200);
  CHECK(faults(component("Check"), answer.json()) == "");
  CHECK(answer.json().at("light") == "red");
  CHECK(answer.json().at("remarks").at(0).at("kind") == "cannot_log_in");
  answer = co_await browser.get("/api/accounts/nobody%40example.jp");
  CHECK(answer.kind() == "not_found");
  answer = co_await browser.get("/api/nothing");
  CHECK(answer.kind() == "not_found");
  answer = co_await browser.get("/api/sync");
  CHECK(answer.status == 405);
  CHECK(answer.headers.get("Allow") == "POST");
  answer = co_await browser.get("/api/audit?limit=501");
  CHECK(answer.kind() == "bad_request");
}

Task<void> filter_is_down(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const Answer answer = co_await browser.get("/api/overview");
  CHECK(faults(answer_of("/api/overview", "get"), answer.json()) == "");
  const json::value overview = answer.json();
  const json::value& said = overview.at("migrations").at(0).at("sentence");
  CHECK(said.at("code") == "filter_down");
  CHECK(said.at("count") == 3);
}

TEST_CASE("a filter that does not answer is what the page says first") {
  Site site;
  fill(site);
  site.rooms.delivery_counts.not_judged = 3;
  site.run(filter_is_down);
}

TEST_CASE("every resource answers as the contract says") {
  Site site;
  fill(site);
  site.run(read_all);
}

Task<void> look(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/overview");
  const json::value overview = answer.json();
  const json::value& move = overview.at("migrations").at(0);
  CHECK(move.at("accounts") == 4);
  CHECK(move.at("counts").at("in_sync") == 2);
  CHECK(move.at("counts").at("needs_you") == 1);
  CHECK(move.at("counts").at("waiting") == 1);
  CHECK(move.at("phases").at("mirror_old") == 2);
  CHECK(move.at("copied").at("messages_total") == 60);
  CHECK(move.at("sentence").at("code") == "needs_you");
  CHECK(move.at("debts").at("count") == 1);
  CHECK(move.at("arrivals").at("gateway") == 12);
  CHECK(move.at("eta").at("known") == false);
  answer = co_await browser.get("/api/accounts");
  const json::value list = answer.json();
  const json::value& first = list.at("accounts").at(0);
  CHECK(first.at("address") == "chiba@example.jp");
  CHECK(first.at("problem").at("kind") == "login_refused");
  CHECK(first.at("problem").at("who") == "you");
  CHECK_FALSE(answer.body.contains("\\r"));
  CHECK(list.at("accounts").at(1).at("can") == json::array{"cut_over", "sync", "pause"});
  CHECK(list.at("accounts").at(3).at("can") == json::array{"sync", "pause"});
  answer = co_await browser.get("/api/accounts?migration=other");
  CHECK(answer.json().at("accounts").as_array().empty());
  answer = co_await browser.get("/api/deliveries?q=aoki");
  CHECK(answer.json().at("deliveries").at(0).at("mirror").at("state") == "debt");
  CHECK_FALSE(answer.json().at("deliveries").at(0).at("home").as_object().contains("explanation"));
  answer = co_await browser.get("/api/deliveries?q=sato");
  const json::value refused = answer.json().at("deliveries").at(0).at("home").at("explanation");
  CHECK(refused.at("class") == "mailbox_full");
  CHECK(refused.at("sure") == true);
  CHECK(refused.at("cause").at("en") == "The mailbox is full.");
  CHECK_FALSE(refused.at("next_step").at("ja").as_string().empty());
  answer = co_await browser.get("/api/deliveries?q=nobody");
  CHECK(answer.json().at("deliveries").as_array().empty());
}

TEST_CASE("the overview adds up, and who needs somebody comes first") {
  Site site;
  fill(site);
  site.run(look);
}

Task<void> act(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.post(
      "/api/sync", R"({"accounts":["doi@example.jp","aoki@example.jp","x@example.jp"]})");
  REQUIRE(answer.status == 200);
  CHECK(answer.json().at("changed") == json::array{"doi@example.jp", "aoki@example.jp"});
  CHECK(site.account("doi@example.jp").phase == Phase::mirror_old);
  CHECK(site.rooms.asked_to_run.size() == 2);
  co_await site.net.timers.pass(seconds(1));
  const char* both = R"({"accounts":["aoki@example.jp"]})";
  answer = co_await browser.post("/api/accounts/pause", both);
  CHECK(answer.json().at("changed") == json::array{"aoki@example.jp"});
  CHECK(answer.json().at("ending").as_array().empty());
  CHECK(site.account("aoki@example.jp").paused);
  site.rooms.copying.insert(site.account("aoki@example.jp").id);
  answer = co_await browser.post("/api/accounts/pause", both);
  CHECK(answer.json().at("changed").as_array().empty());
  CHECK(answer.json().at("ending") == json::array{"aoki@example.jp"});
  answer = co_await browser.get("/api/accounts/aoki%40example.jp");
  CHECK(answer.json().at("account").at("state") == "paused");
  CHECK(answer.json().at("history").at(0).at("kind") == "pause");
  CHECK(answer.json().at("history").at(0).at("by") == "admin");
  answer = co_await browser.post("/api/sync", both);
  CHECK(answer.json().at("changed").as_array().empty());
  answer = co_await browser.post("/api/accounts/resume", both);
  CHECK(answer.json().at("changed") == json::array{"aoki@example.jp"});
  CHECK_FALSE(site.account("aoki@example.jp").paused);
  answer = co_await browser.get("/api/audit");
  const json::value log = answer.json();
  const auto& entries = log.at("entries").as_array();
  CHECK(entries[0].at("action") == "resume");
  CHECK(entries[0].at("subject") == "aoki@example.jp");
  CHECK(entries[0].at("user") == "admin");
}

TEST_CASE("sync begins what has not begun; pause and resume; all of it in the audit log") {
  Site site;
  fill(site);
  site.run(act);
}

Task<void> by_oauth(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/accounts");
  REQUIRE(answer.status == 200);
  const json::value told = answer.json();
  for (const json::value& account : told.at("accounts").as_array()) {
    if (!account.at("problem").is_object()) continue;
    const json::value& problem = account.at("problem");
    CHECK(problem.at("kind") == "oauth_failed");
    CHECK(problem.at("next_step") == "Remove oauth_scope: the default fits Exchange Online.");
    CHECK(problem.at("next_step_ja") ==
          "oauth_scope を削除してください。省略時の値が Exchange Online に合っています。");
  }
  answer = co_await browser.get("/api/report?format=csv&language=ja");
  CHECK(answer.body.contains("oauth_scope を削除"));
  CHECK_FALSE(answer.body.contains("Remove oauth_scope"));
  answer = co_await browser.get("/api/report?format=csv&language=en");
  CHECK(answer.body.contains("Remove oauth_scope"));
}

TEST_CASE("what to do about a log-in by OAuth is told in both languages") {
  Site site;
  fill(site);
  auto& progress = site.rooms.copies[site.account("chiba@example.jp").id];
  progress.problem = "chiba@example.jp on the old side: the OAuth token server x gives no token";
  progress.server_words = "";
  progress.next_step = "Remove oauth_scope: the default fits Exchange Online.";
  site.run(by_oauth);
}

Task<void> queue(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/queue");
  const json::value item = answer.json().at("items").at(0);
  CHECK(item.at("kind") == "quarantined");
  CHECK(item.at("due").is_null());
  CHECK(item.at("explanation").at("class") == "mailbox_full");
  answer = co_await browser.post("/api/queue/retry", R"({"trace_id":"t3"})");
  CHECK(faults(answer_of("/api/queue/retry", "post"), answer.json()) == "");
  CHECK(answer.json().at("count") == 1);
  answer = co_await browser.post("/api/queue/drop", R"({"trace_id":"t3","reason":"  "})");
  CHECK(answer.status == 400);
  answer = co_await browser.post(
      "/api/queue/drop",
      R"({"trace_id":"t3","recipient":"baba@example.jp","reason":"told by telephone"})");
  CHECK(answer.status == 200);
  CHECK(site.rooms.asked_of_queue ==
        std::vector<std::string>{"retry t3 ", "drop t3 baba@example.jp told by telephone"});
  answer = co_await browser.get("/api/audit");
  const json::value entry = answer.json().at("entries").at(0);
  CHECK(entry.at("action") == "queue_drop");
  CHECK(entry.at("subject") == "t3 baba@example.jp");
  CHECK(entry.at("detail") == "told by telephone");
  site.rooms.waiting.clear();
  answer = co_await browser.post("/api/queue/retry", R"({"trace_id":"t3"})");
  CHECK(answer.status == 404);
}

TEST_CASE("what waits is listed, tried again, and given up with a reason") {
  Site site;
  fill(site);
  site.run(queue);
}

Task<void> import(Site& site) {
  Browser cli{site};
  cli.bearer = site.token();
  std::string csv = base64_encode("address,old_password\nendo@example.jp,canary\n");
  std::string body = fmt::format(R"({{"migration":"example","csv":"{}"}})", csv);
  Answer answer = co_await cli.post("/api/accounts/import", body);
  INFO(answer.body);
  REQUIRE(answer.status == 200);
  CHECK(faults(component("Imported"), answer.json()) == "");
  CHECK(answer.json().at("imported") == true);
  CHECK(answer.json().at("added") == 1);
  CHECK(site.account("endo@example.jp").phase == Phase::old);
  csv = base64_encode("address,old_password\nendo@elsewhere.example,canary\n");
  body = fmt::format(R"({{"migration":"example","csv":"{}"}})", csv);
  answer = co_await cli.post("/api/accounts/import", body);
  CHECK(faults(component("Imported"), answer.json()) == "");
  CHECK(answer.json().at("imported") == false);
  CHECK(answer.json().at("problems").at(0).at("row") == 2);
  CHECK_FALSE(answer.body.contains("canary"));
  answer = co_await cli.post("/api/accounts/import", R"({"migration":"other","csv":""})");
  CHECK(answer.kind() == "not_found");
  answer = co_await cli.post("/api/accounts/import", R"({"migration":"example","csv":"%"})");
  CHECK(answer.kind() == "bad_request");
}

TEST_CASE("import over the API: all problems named, no secret shown") {
  Site site;
  site.run(import);
}

}  // namespace
}  // namespace tandem::test
