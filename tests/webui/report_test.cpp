// The report: the page's words in both languages, and strangers' words that do no harm.
#include "webui/report.hpp"

#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"
#include "webui/words.hpp"

namespace tandem::test {
namespace {

using webui::Language;
using webui::Words;

const std::string formula = "=HYPERLINK(\"http://evil.example\")";

void fill(Site& site) {
  site.import({"aoki@example.jp", "baba@example.jp"});
  site.make_ready("aoki@example.jp");
  const auto aoki = site.account("aoki@example.jp").id;
  site.rooms.skipped_messages[aoki] = {
      {"INBOX", 7, formula, 61'000'000, "larger than the new side accepts", "Save it by hand."},
      {"INBOX", 8, "<script>alert(1)</script>", 1, "the server refused the message",
       "Ask, \"then\"\nagain."}};
}

Task<void> read_it(Site& site) {
  const WallTime at(std::chrono::hours(490'000));
  site.rooms.verify_results[site.account("aoki@example.jp").id] = {
      {.at = at, .clean = true, .clean_since = at - std::chrono::hours(30)}};
  site.rooms.verify_results[site.account("baba@example.jp").id] = {
      {.at = at, .missing = 40, .extra = 1, .changed = 6, .not_compared = 3}};
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/report");
  REQUIRE(answer.status == 200);
  CHECK(faults(component("Report"), answer.json()) == "");
  CHECK(answer.json().at("accounts").at(0).at("skipped").as_array().size() == 2);
  CHECK(answer.json().at("accounts").at(0).at("verified").at("clean_for_a_day") == true);
  CHECK(answer.json().at("accounts").at(1).at("verified").at("clean_for_a_day") == false);

  answer = co_await browser.get("/api/report?format=csv&language=ja");
  REQUIRE(answer.status == 200);
  CHECK(answer.headers.get("Content-Type") == "text/csv; charset=utf-8");
  CHECK(answer.headers.get("Content-Disposition")
            .starts_with("attachment; filename=\"tandemail-accounts-"));
  CHECK(answer.body.starts_with("\xEF\xBB\xBFアカウント,状態,"));
  const auto lines = split(answer.body, '\n');
  REQUIRE(lines.size() == 4);  // the head, two accounts, and nothing
  CHECK(lines[1].starts_with("aoki@example.jp,"));
  CHECK(lines[1].contains("旧サーバー"));

  CHECK(lines[0].contains("最後の照合,照合の結果,異なるメール,照合していないフォルダー"));
  CHECK(lines[1].contains(",2025-11-24T16:00:00Z,差異なし(24 時間以上あけて 2 回),0,0,"));
  CHECK(lines[2].contains(",2025-11-24T16:00:00Z,差異あり,47,3,"));

  answer = co_await browser.get("/api/report?format=messages-csv");
  CHECK(answer.body.contains(
      "aoki@example.jp,INBOX,7,,\"'=HYPERLINK(\"\"http://evil.example\"\")\","));
  CHECK(answer.body.contains("Larger than the new side accepts."));
  CHECK(answer.body.contains("\"Ask, \"\"then\"\""));

  answer = co_await browser.get("/api/report?format=html&language=ja");
  CHECK(answer.headers.get("Content-Type") == "text/html; charset=utf-8");
  CHECK(answer.body.contains("差異なし(24 時間以上あけて 2 回)"));
  CHECK(answer.headers.get("X-Content-Type-Options") == "nosniff");
  CHECK(answer.body.contains("<html lang=\"ja\">"));
  CHECK(answer.body.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
  CHECK_FALSE(answer.body.contains("<script>"));
  CHECK(answer.body.contains("新サーバーの上限より大きいメールです。"));

  CHECK((co_await browser.get("/api/report?format=pdf")).status == 400);
  CHECK((co_await browser.get("/api/report?language=fr")).status == 400);
  answer = co_await browser.get("/api/report?migration=other");
  CHECK(answer.json().at("accounts").as_array().empty());
}

}  // namespace

TEST_CASE("a report tells of each account and each message that was not copied") {
  Site site;
  fill(site);
  site.run(read_it);
}

TEST_CASE("the page's words are there in both languages, for reports too") {
  const auto& english = Words::in(Language::english).all();
  const auto& japanese = Words::in(Language::japanese).all();
  CHECK(english.size() > 400);
  for (const auto& [key, text] : english) {
    INFO(key);
    CHECK(japanese.contains(key));
    CHECK_FALSE(text.empty());
  }
  CHECK(japanese.size() == english.size());
  CHECK(Words::in(Language::japanese).say("state.copying") == "コピー中");
  CHECK(Words::in(Language::english).say("no such text") == "no such text");
}

}  // namespace tandem::test
