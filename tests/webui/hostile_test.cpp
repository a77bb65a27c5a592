// Requests nobody's browser sends, and the page's own files.
#include <fmt/core.h>

#include "tests/webui/site.hpp"
#include "webui/assets.hpp"

namespace tandem::test {
namespace {

std::string get(const std::string& path, const std::string& headers = "Host: localhost\r\n") {
  return fmt::format("GET {} HTTP/1.1\r\n{}Connection: close\r\n\r\n", path, headers);
}

Task<void> places(Site& site) {
  for (const char* host : {"localhost", "localhost:8080", "127.0.0.1", "[::1]:8080", "192.0.2.7",
                           "mail.example.jp", "MAIL.example.jp:8443", "alias.example.jp"}) {
    INFO(host);
    const Answer answer = parse_answer(
        co_await exchange(site, get("/api/health", fmt::format("Host: {}\r\n", host))));
    CHECK(answer.status == 200);
  }
  for (const char* headers : {"Host: evil.example\r\n", "Host: localhost.evil.example\r\n", "",
                              "Host: \r\n", "Host: mail.example.jp.\r\n"}) {
    INFO(headers);
    const Answer answer = parse_answer(co_await exchange(site, get("/api/health", headers)));
    CHECK((answer.status == 403 || answer.status == 400));
    const Answer page = parse_answer(co_await exchange(site, get("/", headers)));
    CHECK((page.status == 403 || page.status == 400));
  }
  const std::string outside = co_await exchange(site, get("/api/health"), "192.0.2.1");
  CHECK(outside.empty());  // no TLS, not this machine
}

TEST_CASE("[T-33] TLS or loopback only, and names that are not ours are refused") {
  Site site;
  site.open({.public_url = "https://mail.example.jp:8443", .host_names = {"alias.example.jp"}});
  site.run(places);
}

Task<void> secure_cookie(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const Answer answer = co_await browser.post("/api/logout", "{}");
  CHECK(answer.headers.get("Set-Cookie").contains("; Secure"));
}

TEST_CASE("[T-33] with an https address the cookie is Secure") {
  Site site;
  site.open({.public_url = "https://mail.example.jp:8443"});
  site.run(secure_cookie);
}

Task<void> nonsense(Site& site) {
  const std::string post =
      "POST /api/login HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
      "Content-Type: application/json\r\n";
  Browser owner{site};
  co_await owner.enter();
  const std::string deep(2000, '[');
  for (const std::string& body :
       {std::string(), std::string("{"), std::string("[]"), std::string("{\"user\":1}"), deep,
        "{\"user\":" + deep, std::string("{\"user\":\"a\",\"password\":\"b\",\"x\":1}"),
        std::string("\xff\xfe"), std::string("{\"user\":\"\xff\"}")}) {
    INFO(body.substr(0, 60));
    const std::string head = fmt::format("{}Content-Length: {}\r\n\r\n", post, body.size());
    const Answer answer = parse_answer(co_await exchange(site, head + body));
    CHECK(answer.status == 400);
    CHECK(answer.kind() == "bad_request");
    CHECK(answer.headers.get("Content-Security-Policy").contains("default-src 'none'"));
  }
  // The answer to a body too large comes before the body is read.
  Answer answer = parse_answer(co_await exchange(site, post + "Content-Length: 99999999\r\n\r\n"));
  CHECK(answer.status == 413);
  answer = parse_answer(co_await exchange(
      site, get("/", "Host: localhost\r\nX: " + std::string(20'000, 'a') + "\r\n")));
  CHECK(answer.status == 431);
  answer = parse_answer(co_await exchange(site, get("/api/%2e%2e/etc")));
  CHECK(answer.status == 401);  // strangers are not told what exists
  answer = parse_answer(co_await exchange(site, get("/../../etc/passwd")));
  CHECK(answer.status == 404);
  const std::string bytes = co_await exchange(site,
                                              "DELETE / HTTP/1.1\r\nHost: localhost\r\n"
                                              "Connection: close\r\n\r\n");
  CHECK(parse_answer(bytes).status == 405);
}

TEST_CASE("malformed requests get a short answer and nothing of theirs back") {
  Site site;
  site.run(nonsense);
}

Task<void> crowd(Site& site) {
  std::vector<net::StreamPtr> held;
  for (int i = 0; i < 2; ++i) held.push_back(site.connect("::1"));
  co_await site.net.timers.settle();
  std::string bytes = co_await exchange(site, get("/api/health"), "::1");
  CHECK(bytes.empty());
  bytes = co_await exchange(site, get("/api/health"));
  CHECK(parse_answer(bytes).status == 200);
  held.clear();
  co_await site.net.timers.settle();
  bytes = co_await exchange(site, get("/api/health"), "::1");
  CHECK(parse_answer(bytes).status == 200);
}

TEST_CASE("connections per address are bounded, others still get in") {
  Site site;
  site.open({.connections_per_address = 2});
  site.run(crowd);
}

Task<void> page(Site& site) {
  const std::string gzip = "Host: localhost\r\nAccept-Encoding: br, gzip;q=0.5\r\n";
  Answer answer = parse_answer(co_await exchange(site, get("/", gzip)));
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("Content-Encoding") == "gzip");
  CHECK(answer.headers.get("Content-Type") == "text/html; charset=utf-8");
  CHECK(answer.headers.get("Cache-Control") == "no-cache");
  CHECK(answer.headers.get("Content-Security-Policy") == webui::content_security_policy);
  CHECK(answer.headers.get("X-Frame-Options") == "DENY");
  const std::string tag(answer.headers.get("ETag"));
  answer = parse_answer(co_await exchange(site, get("/", gzip + "If-None-Match: " + tag + "\r\n")));
  CHECK(answer.status == 304);
  CHECK(answer.body.empty());
  for (const auto& asset : webui::assets()) {
    answer = parse_answer(co_await exchange(site, get(std::string(asset.path), gzip)));
    CHECK(answer.status == 200);
    CHECK(answer.body == asset.gzip);
    CHECK(answer.headers.get("Cache-Control").contains("immutable") == asset.immutable);
  }
  answer = parse_answer(co_await exchange(site, get("/")));
  CHECK(answer.status == 406);
  answer = parse_answer(
      co_await exchange(site, get("/", "Host: localhost\r\nAccept-Encoding: gzip;q=0\r\n")));
  CHECK(answer.status == 406);
}

TEST_CASE("the page's files, compressed, tagged, with the policy") {
  Site site;
  site.run(page);
}

}  // namespace
}  // namespace tandem::test
