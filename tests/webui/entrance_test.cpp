// Getting in: set-up, log-in, lock-out, CSRF, bearer token, roles (T-33).
#include <filesystem>
#include <fmt/core.h>

#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"

namespace tandem::test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* right = R"({"user":"admin","password":"long-enough-1"})";
constexpr const char* wrong = R"({"user":"admin","password":"not this one"})";

Task<void> set_up(Site& site) {
  Browser browser{site};
  Answer answer = co_await browser.get("/api/session");
  CHECK(answer.status == 401);
  CHECK(answer.kind() == "setup_required");
  answer = co_await browser.post("/api/setup", R"({"token":"guess","password":"long-enough-1"})");
  CHECK(answer.status == 401);
  CHECK(answer.kind() == "wrong_token");
  const std::string token = site.setup_token();
  std::string body = fmt::format(R"({{"token":"{}","password":"short"}})", token);
  answer = co_await browser.post("/api/setup", body);
  CHECK(answer.kind() == "bad_request");
  CHECK(site.web->setup_link());
  body = fmt::format(R"({{"token":"{}","password":"long-enough-1"}})", token);
  answer = co_await browser.post("/api/setup", body);
  REQUIRE(answer.status == 200);
  CHECK(faults(component("Session"), answer.json()) == "");
  const std::string_view cookie = answer.headers.get("Set-Cookie");
  CHECK(cookie.contains("; HttpOnly; SameSite=Strict; Path=/"));
  CHECK_FALSE(cookie.contains("Secure"));  // loopback without TLS
  CHECK(!site.web->setup_link());
  CHECK(!std::filesystem::exists(site.directory.path + "/setup.link"));
  Browser second{site};
  answer = co_await second.post("/api/setup", body);
  CHECK(answer.kind() == "wrong_token");
  answer = co_await browser.get("/api/session");
  CHECK(answer.status == 200);
  CHECK(answer.json().at("role") == "operator");
}

TEST_CASE("[T-33] the set-up link works once, for a good password only") {
  Site site;
  using std::filesystem::perms;
  for (const char* name : {"/setup.link", "/api.token"})
    CHECK(std::filesystem::status(site.directory.path + name).permissions() ==
          (perms::owner_read | perms::owner_write));
  const auto link = site.web->setup_link();
  site.open();
  CHECK(site.web->setup_link().value_or("") == *link);  // an unused link stays good over a restart
  REQUIRE(site.web->set_public_url("https://mail.example.jp:8443"));
  CHECK(site.web->setup_link().value_or("").starts_with("https://mail.example.jp:8443/#/setup?"));
  site.open();
  site.run(set_up);
  site.open();
  CHECK(!site.web->setup_link());
}

Task<void> log_in(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.post("/api/logout", "{}");
  CHECK(answer.status == 204);
  CHECK(answer.headers.get("Set-Cookie").contains("Max-Age=0"));
  browser.cookie = "";
  answer = co_await browser.get("/api/overview");
  CHECK(answer.kind() == "login_required");
  answer = co_await browser.post("/api/login", wrong);
  CHECK(answer.status == 401);
  CHECK(answer.kind() == "wrong_password");
  answer = co_await browser.post("/api/login", R"({"user":"nobody","password":"x"})");
  CHECK(answer.kind() == "wrong_password");
  answer = co_await browser.post("/api/login", right);
  CHECK(answer.status == 200);
  answer = co_await browser.get("/api/overview");
  CHECK(answer.status == 200);
  co_await site.net.timers.pass(std::chrono::hours(13));
  answer = co_await browser.get("/api/overview");
  CHECK(answer.kind() == "login_required");
}

TEST_CASE("log-in, log-out, and an idle session that ends") {
  Site site;
  site.run(log_in);
}

Task<void> lock_out(Site& site) {
  Browser owner{site};
  co_await owner.enter();
  Browser guesser{site};
  guesser.peer = "::1";
  int refused = 0;
  for (int i = 0; i < 5; ++i) {
    const Answer answer = co_await guesser.post("/api/login", wrong);
    refused += answer.kind() == "wrong_password" ? 1 : 0;
  }
  CHECK(refused == 5);
  Answer answer = co_await guesser.post("/api/login", right);
  CHECK(answer.status == 429);
  CHECK(answer.kind() == "locked_out");
  CHECK(answer.headers.get("Retry-After") == "1");
  // Another address is not punished for it.
  Browser other{site};
  answer = co_await other.post("/api/login", right);
  CHECK(answer.status == 200);
  co_await site.net.timers.pass(seconds(2));
  answer = co_await guesser.post("/api/login", wrong);
  CHECK(answer.kind() == "wrong_password");
  answer = co_await guesser.post("/api/login", wrong);
  CHECK(answer.headers.get("Retry-After") == "2");  // the wait doubles
  co_await site.net.timers.pass(seconds(3));
  answer = co_await guesser.post("/api/login", right);
  CHECK(answer.status == 200);
}

TEST_CASE("[T-33] guessing is slowed down, others are not shut out") {
  Site site;
  site.run(lock_out);
}

Task<void> csrf(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const std::string token = std::exchange(browser.csrf, "");
  Answer answer = co_await browser.post("/api/sync", R"({"accounts":[]})");
  CHECK(answer.status == 403);
  CHECK(answer.kind() == "csrf");
  browser.csrf = token.substr(1) + "0";
  answer = co_await browser.post("/api/sync", R"({"accounts":[]})");
  CHECK(answer.kind() == "csrf");
  const std::string start =
      "POST /api/sync HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Content-Length: 15\r\nCookie: tandem_session=" +
      browser.cookie + "\r\nX-Tandem-CSRF: " + token + "\r\n";
  const std::string body = "\r\n{\"accounts\":[]}";
  std::string bytes = co_await exchange(site, start + "Content-Type: text/plain\r\n" + body);
  CHECK(parse_answer(bytes).kind() == "bad_request");
  const std::string json = "Content-Type: application/json\r\n";
  bytes = co_await exchange(site, start + json + "Origin: http://evil.example\r\n" + body);
  CHECK(parse_answer(bytes).kind() == "csrf");
  bytes = co_await exchange(site, start + json + "Origin: http://localhost\r\n" + body);
  CHECK(parse_answer(bytes).status == 200);
}

TEST_CASE("[T-33] a POST needs the session's token, our origin and a JSON type") {
  Site site;
  site.run(csrf);
}

Task<void> bearer(Site& site) {
  Browser cli{site};
  cli.bearer = site.token();
  Answer answer = co_await cli.get("/api/session");
  CHECK(answer.status == 200);
  CHECK(answer.json().at("csrf") == "");
  answer = co_await cli.post("/api/sync", R"({"accounts":[]})");
  CHECK(answer.status == 200);
  for (const std::string& bad : {cli.bearer.substr(1), cli.bearer + "0", std::string("x")}) {
    cli.bearer = bad;
    answer = co_await cli.get("/api/session");
    CHECK(answer.status == 401);
  }
}

TEST_CASE("[T-33] the command line's token opens the API without CSRF, nothing like it does") {
  Site site;
  site.run(bearer);
}

Task<void> roles(Site& site) {
  Browser admin{site};
  co_await admin.enter();
  Answer answer = co_await admin.post(
      "/api/users", R"({"user":"miru","password":"long-enough-1","role":"viewer"})");
  REQUIRE(answer.status == 200);
  CHECK(faults(component("User"), answer.json()) == "");
  answer = co_await admin.get("/api/users");
  CHECK(faults(answer_of("/api/users", "get"), answer.json()) == "");
  CHECK(answer.json().at("users").as_array().size() == 2);
  Browser viewer{site};
  co_await viewer.enter("miru");
  answer = co_await viewer.get("/api/overview");
  CHECK(answer.status == 200);
  for (const char* path : {"/api/sync", "/api/cutover", "/api/rollback", "/api/accounts/pause",
                           "/api/accounts/resume", "/api/accounts/import", "/api/users"}) {
    answer = co_await viewer.post(path, "{}");
    CHECK(answer.status == 403);
    CHECK(answer.kind() == "forbidden");
  }
  answer = co_await viewer.get("/api/users");
  CHECK(answer.status == 403);
  // A new role ends the sessions that had the old one.
  answer = co_await admin.post("/api/users",
                               R"({"user":"miru","password":"long-enough-2","role":"viewer"})");
  CHECK(answer.status == 200);
  answer = co_await viewer.get("/api/overview");
  CHECK(answer.status == 401);
  answer = co_await admin.post("/api/users",
                               R"({"user":"a b","password":"long-enough-1","role":"viewer"})");
  CHECK(answer.kind() == "bad_request");
}

TEST_CASE("viewers look, operators change") {
  Site site;
  site.run(roles);
}

Task<void> audit_of_entrance(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  (void)co_await browser.post("/api/login",
                              R"({"user":"canary-secret","password":"other-secret"})");
  (void)co_await browser.post("/api/login", wrong);
  const Answer answer = co_await browser.get("/api/audit?limit=10");
  REQUIRE(answer.status == 200);
  CHECK(faults(answer_of("/api/audit", "get"), answer.json()) == "");
  const boost::json::value log = answer.json();
  const auto& entries = log.at("entries").as_array();
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].at("action") == "login_failed");
  CHECK(entries[0].at("user") == "admin");
  CHECK(entries[0].at("from") == "127.0.0.1");
  CHECK(entries[1].at("user") == "unknown");
  CHECK(entries[2].at("action") == "setup");
  CHECK_FALSE(answer.body.contains("secret"));
  const auto before = entries[1].at("id").as_int64();
  const Answer older = co_await browser.get(fmt::format("/api/audit?before={}", before));
  CHECK(older.json().at("entries").as_array().size() == 1);
}

TEST_CASE("[T-27] the audit log says who tried, never what was typed") {
  Site site;
  site.run(audit_of_entrance);
}

}  // namespace
}  // namespace tandem::test
