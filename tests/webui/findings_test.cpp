// What was looked for on both sides, as the API tells it: a canary's fate, a verification,
// deletions.
#include "migration/deletion_reasons.hpp"
#include "tests/webui/contract.hpp"
#include "tests/webui/filled_site.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;

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

}  // namespace
}  // namespace tandem::test
