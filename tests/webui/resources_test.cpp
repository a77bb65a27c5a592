// Every resource against the contract, and what it does.
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "migration/deletion_reasons.hpp"
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::CopyState;
using migration::Phase;
using std::chrono::milliseconds;
using std::chrono::seconds;

void fill(Site& site) {
  site.import({"aoki@example.jp", "baba@example.jp", "chiba@example.jp", "doi@example.jp"});
  site.make_ready("aoki@example.jp");
  site.make_ready("baba@example.jp");
  const auto chiba = site.account("chiba@example.jp").id;
  site.rooms.copies[chiba] = {.account = chiba,
                              .state = CopyState::needs_you,
                              .messages_total = 40,
                              .messages_done = 10,
                              .bytes_total = 4000,
                              .bytes_done = 1000,
                              .problem = "chiba@example.jp on the old side: log-in refused",
                              .server_words = "NO [AUTHENTICATIONFAILED] no\r\nfaked: line",
                              .next_step = "Check the password."};
  const auto aoki = site.account("aoki@example.jp").id;
  site.rooms.copies[aoki].skipped = 1;
  site.rooms.skipped_messages[aoki] = {
      {"INBOX", 7, "図面", 61'000'000, "larger than the new side accepts", "Save it by hand."}};
  site.rooms.deliveries = {{.trace_id = "t1",
                            .at = site.net.clock().wall(),
                            .sender = "",
                            .recipient = "aoki@example.jp",
                            .home = "delivered",
                            .mirror = "debt",
                            .answer = "250 ok"},
                           {.trace_id = "t2",
                            .at = site.net.clock().wall(),
                            .recipient = "sato@example.jp",
                            .home = "refused",
                            .mirror = "none",
                            .answer = "552 5.2.2 Quota exceeded (mailbox for user is full)"}};
  site.rooms.waiting = {{.trace_id = "t3",
                         .at = site.net.clock().wall(),
                         .sender = "sender@sender.example",
                         .recipient = "baba@example.jp",
                         .kind = "quarantined",
                         .words = "552 5.2.2 Quota exceeded (mailbox for user is full)",
                         .attempts = 4}};
  site.rooms.delivery_counts = {.accepted = 12, .debts = 1};
}

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

Task<void> canary(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  migration::CanaryReport report{.order = {.recipient = "aoki@example.jp", .sender = "a@b.example"},
                                 .answer = "250 2.0.0 Ok abc",
                                 .accepted = true,
                                 .trace_id = "abc"};
  report.sights.push_back({.side = migration::Side::new_side,
                           .folder = "Junk",
                           .judged = {"Authentication-Results: new.example; spf=softfail"}});
  report.sights.push_back({.side = migration::Side::old_side, .is_copy = true});
  report.remarks = migration::judge(report);
  site.rooms.canary = report;
  Answer answer = co_await browser.post("/api/canary", R"({"recipient": "aoki@example.jp"})");
  REQUIRE(answer.status == 200);
  CHECK(faults(answer_of("/api/canary", "post"), answer.json()) == "");
  const json::value told = answer.json();
  CHECK(told.at("light") == "red");
  CHECK(told.at("remarks").at(0).at("kind") == "not_found");
  CHECK(told.at("remarks").at(1).at("kind") == "filed_away");
  CHECK(told.at("remarks").at(2).at("what") == "The new side doubts the sender: spf=softfail.");
  site.rooms.canary = fail(ErrorKind::not_found, "There is no such account");
  answer = co_await browser.post("/api/canary", R"({"recipient": "nobody@example.jp"})");
  CHECK(answer.status == 404);
  site.rooms.canary = fail(ErrorKind::invalid, "The sender is not an address.");
  answer = co_await browser.post("/api/canary", R"({"recipient": "x", "sender": "a b"})");
  CHECK(answer.status == 400);
}

Task<void> verification(Site& site) {
  fill(site);
  Browser browser{site};
  co_await browser.enter();
  migration::VerifyReport report;
  report.folders.push_back({"送信済み", 3, 2, 1, 0});
  report.folders.push_back({.name = "Shared", .not_compared = "no\x01", .next_step = "ask"});
  report.rewritten.push_back({.kind = migration::DifferenceKind::rewritten, .folder = "INBOX"});
  report.differences.push_back({.folder = "送信済み",
                                .lacking = migration::Side::new_side,
                                .uid = 7,
                                .date = 1'764'000'000,
                                .subject = "hello\x01",
                                .reason = "why",
                                .next_step = "what now"});
  site.rooms.verify_report = report;
  const WallTime now(std::chrono::hours(490'000));
  site.rooms.verify_results[site.account("aoki@example.jp").id] = {
      {.at = now, .clean = true, .clean_since = now - std::chrono::hours(24)}};
  Answer answer =
      co_await browser.post("/api/verify", R"({"account": "aoki@example.jp", "full": true})");
  REQUIRE(answer.status == 200);
  CHECK(faults(answer_of("/api/verify", "post"), answer.json()) == "");
  const json::value told = answer.json();
  CHECK(told.at("clean") == false);
  CHECK(told.at("full") == true);
  CHECK(told.at("verified").at("results").at(0).at("clean") == true);
  CHECK(told.at("verified").at("clean_for_a_day") == true);
  CHECK(told.at("folders").at(0).at("missing") == 1);
  CHECK(told.at("folders").at(0).at("not_compared").is_null());
  CHECK_FALSE(told.at("folders").at(1).at("not_compared").is_null());
  CHECK(told.at("folders").at(1).at("next_step") == "ask");
  CHECK(told.at("differences").at(0).at("kind") == "missing");
  CHECK(told.at("differences").at(0).at("lacking") == "new");
  CHECK(told.at("rewritten").at(0).at("lacking").is_null());
  CHECK(told.at("differences").at(0).at("date") == "2025-11-24T16:00:00Z");
  CHECK_FALSE(answer.body.contains('\x01'));
  answer = co_await browser.post("/api/verify", R"({"account": "nobody@example.jp"})");
  CHECK(answer.status == 404);
  answer = co_await browser.post("/api/verify", R"({"account": "aoki@example.jp", "half": true})");
  CHECK(answer.status == 400);
  site.rooms.verify_report = fail(ErrorKind::unreachable, "The old side cannot be reached.");
  answer = co_await browser.post("/api/verify", R"({"account": "aoki@example.jp"})");
  CHECK(answer.status >= 500);
}

Task<void> deletions(Site& site) {
  fill(site);
  Browser browser{site};
  co_await browser.enter();
  migration::HeldDeletions held{.folder = "Projekt", .side = migration::Side::new_side};
  held.messages = 812;
  migration::DeletedMessage one{
      .id = 17, .folder = "INBOX", .subject = "a\x01 b", .state = "quarantined"};
  one.expunge_at = WallTime(std::chrono::hours(490'000));
  migration::DeletedMessage spared{.id = 18, .folder = "INBOX", .state = "left_alone"};
  spared.why = migration::archived.en;
  site.rooms.deleted = {
      .propagated = true, .held = {held}, .messages = {one, spared}, .quarantined = 1};
  Answer answer = co_await browser.get("/api/deletions/aoki@example.jp");
  REQUIRE(answer.status == 200);
  CHECK(faults(answer_of("/api/deletions/{address}", "get"), answer.json()) == "");
  CHECK(answer.json().at("held").at(0).at("messages") == 812);
  CHECK(answer.json().at("messages").at(0).at("expunge_at") == "2025-11-24T16:00:00Z");
  CHECK(answer.json().at("messages").at(0).at("why_ja").is_null());
  CHECK(answer.json().at("messages").at(1).at("why_ja").as_string() == migration::archived.ja);
  CHECK_FALSE(answer.body.contains('\x01'));
  answer = co_await browser.post(
      "/api/deletions/decide",
      R"({"account": "aoki@example.jp", "folder": "Projekt", "decision": "refuse"})");
  REQUIRE(answer.status == 200);
  CHECK(faults(answer_of("/api/deletions/decide", "post"), answer.json()) == "");
  CHECK(answer.json().at("count") == 812);
  answer = co_await browser.post("/api/deletions/undo",
                                 R"({"account": "aoki@example.jp", "ids": [17, 18]})");
  REQUIRE(answer.status == 200);
  CHECK(faults(answer_of("/api/deletions/undo", "post"), answer.json()) == "");
  answer = co_await browser.post("/api/deletions/undo", R"({"account": "aoki@example.jp"})");
  CHECK(answer.status == 200);
  CHECK(site.rooms.asked_of_deletions ==
        std::vector<std::string>{"refuse Projekt", "undo 17 18", "undo"});
  for (const char* wrong : {R"({"account": "aoki@example.jp", "ids": ["17"]})",
                            R"({"account": "aoki@example.jp", "ids": []})",
                            R"({"account": "aoki@example.jp", "all": true})"}) {
    answer = co_await browser.post("/api/deletions/undo", wrong);
    CHECK(answer.status == 400);
  }
  answer = co_await browser.post("/api/deletions/decide",
                                 R"({"account": "aoki@example.jp", "decision": "perhaps"})");
  CHECK(answer.status == 400);
  answer = co_await browser.post("/api/deletions/decide",
                                 R"({"account": "nobody@example.jp", "decision": "allow"})");
  CHECK(answer.status == 404);
  CHECK(site.rooms.asked_of_deletions.size() == 3);
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

TEST_CASE("a verification: folder by folder, and what differs") {
  Site site;
  site.net.run(verification(site));
}

TEST_CASE("deletions: what is held is decided, what is in quarantine brought back") {
  Site site;
  site.net.run(deletions(site));
}

TEST_CASE("a canary: what became of it, the worst first") {
  Site site;
  site.net.run(canary(site));
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
