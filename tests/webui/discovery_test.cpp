// What mail programs are told, asked as they ask: by name, by path, with and without TLS.
#include "webui/discovery.hpp"

#include <fmt/core.h>
#include <fstream>

#include "lib/base/text.hpp"
#include "lib/net/tls.hpp"
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"
#include "webui/qr_code.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using webui::ClientSetup;

ClientSetup setup() {
  return {.hostname = "mail.example.jp",
          .url = "https://mail.example.jp",
          .services = {{"imaps", "imap", 993, true},
                       {"imap", "imap", 143, false},
                       {"submissions", "submission", 465, true}},
          .domains = {"example.jp", "xn--wgv71a.jp"},
          .records = {{"autoconfig.example.jp.", "CNAME", "mail.example.jp."}}};
}

net::HttpResponse ask(const ClientSetup& of, std::string method, std::string path,
                      std::vector<std::pair<std::string, std::string>> query = {},
                      std::string host = "mail.example.jp", std::string body = {}) {
  net::HttpRequest request{.method = std::move(method),
                           .path = std::move(path),
                           .query = std::move(query),
                           .body = std::move(body),
                           .tls = true};
  request.headers.add("Host", std::move(host));
  return webui::answer_discovery(of, request);
}

std::string autoconfig_for(std::string address) {
  const auto answer = ask(setup(), "GET", "/mail/config-v1.1.xml", {{"emailaddress", address}});
  return answer.status == 200 ? answer.body : fmt::format("{}", answer.status);
}

std::string pox(std::string_view address,
                std::string_view schema =
                    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/"
                    "2006a") {
  return fmt::format(
      R"(<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006"><Request><EMailAddress>{}</EMailAddress><AcceptableResponseSchema>{}</AcceptableResponseSchema></Request></Autodiscover>)",
      address, schema);
}

TEST_CASE("Thunderbird is told our name and what is offered, best first, for each spelling") {
  const std::string told = autoconfig_for("taro@example.jp");
  CHECK(told.find("<port>993</port>") < told.find("<port>143</port>"));
  CHECK(told.contains("<hostname>mail.example.jp</hostname>"));
  CHECK(told.contains("<username>%EMAILADDRESS%</username>"));
  CHECK(told.contains("<outgoingServer type=\"smtp\">"));
  CHECK(told.contains("<socketType>STARTTLS</socketType>"));
  CHECK_FALSE(told.contains("pop3"));
  CHECK(autoconfig_for("TARO@EXAMPLE.JP") == told);
  for (const char* host : {"autoconfig.example.jp", "example.jp", "Autoconfig.Example.jp:443"})
    CHECK(ask(setup(), "GET", "/.well-known/autoconfig/mail/config-v1.1.xml", {}, host).body ==
          told);
}

TEST_CASE("what is said does not tell whether a mailbox exists, nor repeat what was asked") {
  CHECK(autoconfig_for("nobody-at-all@example.jp") == autoconfig_for("taro@example.jp"));
  for (const char* bad : {"taro@elsewhere.example", "example.jp", "@example.jp", "a@b@",
                          "<x>@example.jp", "taro@example.jp\r\nX: y", ""})
    CHECK(autoconfig_for(bad) == "404");
  const auto stranger = ask(setup(), "GET", "/mail/config-v1.1.xml", {}, "autoconfig.evil.example");
  CHECK(stranger.status == 404);
  CHECK_FALSE(stranger.body.contains("evil"));
}

TEST_CASE("one domain alone is meant by our own name too") {
  ClientSetup one = setup();
  CHECK(ask(one, "GET", "/mail/config-v1.1.xml").status == 404);
  one.domains = {"example.jp"};
  CHECK(ask(one, "GET", "/mail/config-v1.1.xml").status == 200);
}

TEST_CASE("autodiscover: settings in the schema that was asked for, in any case of the path") {
  for (const char* path : {"/autodiscover/autodiscover.xml", "/Autodiscover/Autodiscover.xml",
                           "/AutoDiscover/AutoDiscover.XML"}) {
    REQUIRE(webui::is_discovery_path(path));
    const auto answer = ask(setup(), "POST", path, {}, "example.jp", pox("taro@example.jp"));
    CHECK(answer.status == 200);
    CHECK(answer.body.contains("<LoginName>taro@example.jp</LoginName>"));
    CHECK(answer.body.contains("<Type>IMAP</Type>"));
    CHECK(answer.body.contains("<Type>SMTP</Type>"));
    CHECK_FALSE(answer.body.contains("<Type>POP3</Type>"));
  }
}

TEST_CASE("T-21 autodiscover: what is no address of ours, or no request, is error 600") {
  const auto refused = [](const std::string& body) {
    return webui::autodiscover_document(setup(), body).contains("<ErrorCode>600</ErrorCode>");
  };
  CHECK_FALSE(refused(pox("nobody@example.jp")));
  // The apostrophe is a letter of an address and would end an attribute.
  CHECK(webui::autodiscover_document(setup(), pox("o'neil@example.jp"))
            .contains("<LoginName>o&#39;neil@example.jp</LoginName>"));
  CHECK(webui::autodiscover_document(setup(), pox("a&amp;b@example.jp"))
            .contains("<LoginName>a&amp;b@example.jp</LoginName>"));
  CHECK(refused(pox("taro@elsewhere.example")));
  CHECK(refused(pox("taro@example.jp&#10;x")));
  CHECK(refused(pox("&lt;b&gt;@example.jp")));
  CHECK(refused(pox("taro@example.jp", "http://elsewhere/mobilesync")));
  CHECK(refused(pox(std::string(5000, 'a') + "@example.jp")));
  CHECK(refused(""));
  CHECK(refused("<Autodiscover>"));
  CHECK(refused("<!DOCTYPE x [<!ENTITY a \"taro@example.jp\">]>" +
                pox("&a;").substr(pox("&a;").find("<Auto"))));
  std::string other = pox("taro@example.jp");
  other.replace(other.find("outlook/requestschema"), 7, "mobiles");
  CHECK(refused(other));
}

TEST_CASE("autodiscover's JSON leads to its XML") {
  const auto answer = ask(setup(), "GET", "/autodiscover/autodiscover.json/v1.0/taro@example.jp",
                          {{"Protocol", "autodiscoverv1"}});
  CHECK(answer.status == 200);
  CHECK(json::parse(answer.body).at("Url") ==
        "https://mail.example.jp/autodiscover/autodiscover.xml");
  const auto other = ask(setup(), "GET", "/autodiscover/autodiscover.json",
                         {{"Email", "taro@example.jp"}, {"Protocol", "<ActiveSync>"}});
  CHECK(other.status == 400);
  CHECK(json::parse(other.body).at("ErrorCode") == "InvalidProtocol");
  CHECK_FALSE(other.body.contains("<"));
}

TEST_CASE("Apple's profile: the same ids each time, others for other people, no password") {
  const auto profile = [](const char* address) {
    return ask(setup(), "GET", "/mail/profile.mobileconfig", {{"address", address}});
  };
  const auto taro = profile("taro@example.jp");
  CHECK(taro.headers.get("Content-Type") == "application/x-apple-aspen-config");
  CHECK(taro.body.contains("<string>EmailTypeIMAP</string>"));
  CHECK(taro.body == profile("taro@example.jp").body);
  const auto uuid = [](const std::string& text) {
    const auto at = text.rfind("<key>PayloadUUID</key><string>");
    return text.substr(at + 30, 36);
  };
  CHECK(uuid(taro.body) == uuid(profile("Taro@example.jp").body));
  CHECK(uuid(taro.body) != uuid(profile("jiro@example.jp").body));
  CHECK_FALSE(taro.body.contains("Password</key><string>"));
  CHECK(profile("taro@elsewhere.example").status == 404);
  CHECK(profile("a&b@example.jp").body.contains("<string>a&amp;b@example.jp</string>"));
}

TEST_CASE("a profile is signed where a certificate can, and sent as it is where none can") {
  const migration::TempDirectory directory;
  const auto identity = net::make_self_signed({"mail.example.jp"});
  REQUIRE(identity);
  ClientSetup of = setup();
  of.certificate = directory.path + "/certificate.pem";
  of.key = directory.path + "/key.pem";
  const auto profile = [&of] {
    return ask(of, "GET", "/mail/profile.mobileconfig", {{"address", "taro@example.jp"}}).body;
  };
  const std::string plain = profile();  // no file yet
  CHECK(plain.starts_with("<?xml"));
  std::ofstream(of.certificate) << identity->chain_pem;
  std::ofstream(of.key) << "half of a key";
  CHECK(profile() == plain);
  std::ofstream(of.key) << identity->key_pem;
  const std::string whole = profile();
  CHECK(whole.starts_with("\x30"));  // DER, a SEQUENCE
  CHECK(whole.contains(plain));
}

TEST_CASE("with POP3 alone, the profile is for POP3; with nothing, there is none") {
  ClientSetup pop = setup();
  pop.services = {{"pop3s", "pop3", 995, true}, {"submission", "submission", 587, false}};
  const auto profile = webui::profile_document(pop, "taro@example.jp");
  REQUIRE(profile);
  CHECK(profile->contains("<string>EmailTypePOP</string>"));
  CHECK(profile->contains("<integer>587</integer>"));
  pop.services.pop_back();
  CHECK_FALSE(webui::profile_document(pop, "taro@example.jp"));
  pop.services.clear();
  CHECK(ask(pop, "GET", "/mail/config-v1.1.xml", {{"emailaddress", "taro@example.jp"}}).status ==
        404);
}

TEST_CASE("people read it in their language; nothing but reading is allowed") {
  const auto page = [](std::vector<std::pair<std::string, std::string>> query) {
    return ask(setup(), "GET", "/mail/setup", std::move(query)).body;
  };
  CHECK(page({{"lang", "ja"}}).contains("<html lang=\"ja\">"));
  CHECK(page({{"lang", "ja"}}).contains("メールソフトの設定"));
  CHECK(page({}).contains("<td>mail.example.jp</td><td>993</td><td>SSL/TLS</td>"));
  CHECK(ask(setup(), "POST", "/mail/setup").status == 405);
  CHECK(ask(setup(), "DELETE", "/autodiscover/autodiscover.xml").headers.get("Allow") ==
        "GET, HEAD, POST");
}

TEST_CASE("a QR code is square and has its three corners") {
  const auto rows = webui::qr_code("https://mail.example.jp/mail/setup");
  REQUIRE(rows.size() >= 21);
  for (const auto& row : rows) CHECK(row.size() == rows.size());
  for (const auto& row : {rows.front(), rows.back()}) CHECK(row.starts_with("1111111"));
  CHECK(rows.front().ends_with("1111111"));
  CHECK_FALSE(rows.back().ends_with("1111111"));
  CHECK(webui::qr_code(std::string(5000, 'x')).empty());
}

Task<std::string> get(Site& site, std::string path, std::string host, std::string peer,
                      bool public_port) {
  const std::string head =
      fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", path, host);
  if (!public_port) co_return co_await exchange(site, head, peer);
  auto stream = site.connect_discovery(peer);
  co_return co_await exchange_on(std::move(stream), head);
}

Task<void> by_both_doors(Site& site) {
  const std::string asked = "/mail/config-v1.1.xml?emailaddress=taro%40example.jp";
  // The page's port answers under the domains' own names what is said to everybody, and no more.
  std::string bytes = co_await get(site, asked, "autoconfig.example.jp", "127.0.0.1", false);
  CHECK(parse_answer(bytes).status == 200);
  CHECK(parse_answer(bytes).headers.get("X-Content-Type-Options") == "nosniff");
  bytes = co_await get(site, "/", "autoconfig.example.jp", "127.0.0.1", false);
  CHECK(parse_answer(bytes).status == 403);
  // The world's port has neither page nor API.
  bytes = co_await get(site, asked, "autoconfig.example.jp", "192.0.2.1", true);
  CHECK(parse_answer(bytes).status == 200);
  for (const char* path : {"/api/health", "/index.html", "/favicon.svg"}) {
    bytes = co_await get(site, path, "mail.example.jp", "127.0.0.1", true);
    CHECK(parse_answer(bytes).status == 404);
  }
  // In the clear from elsewhere: sent on, where a profile could be changed on its way.
  bytes = co_await get(site, "/mail/profile.mobileconfig?address=a%26b%40example.jp",
                       "mail.example.jp", "192.0.2.1", true);
  CHECK(parse_answer(bytes).status == 302);
  CHECK(parse_answer(bytes).headers.get("Location") ==
        "https://mail.example.jp/mail/profile.mobileconfig?address=a%26b%40example.jp");
  bytes = co_await get(site, "/wp-login.php", "mail.example.jp", "192.0.2.1", true);
  CHECK(parse_answer(bytes).headers.get("Location") == "https://mail.example.jp/mail/setup");
}

TEST_CASE(
    "T-33 discovery is answered at the page's port and at its own, the page only at the first") {
  Site site;
  site.open({.setup = setup()});
  site.run(by_both_doors);
}

Task<void> ask_api(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/discovery");
  CHECK(faults(answer_of("/api/discovery", "get"), answer.json()) == "");
  CHECK(answer.json().at("link") == "https://mail.example.jp/mail/setup");
  answer = co_await browser.get("/api/discovery?address=taro%40example.jp");
  CHECK(answer.json().at("link") ==
        "https://mail.example.jp/mail/profile.mobileconfig?address=taro%40example.jp");
  answer = co_await browser.get("/api/discovery?address=taro%40elsewhere.example");
  CHECK(answer.kind() == "bad_request");
}

Task<void> ask_api_of_nothing(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  const Answer answer = co_await browser.get("/api/discovery");
  CHECK(faults(answer_of("/api/discovery", "get"), answer.json()) == "");
  CHECK(answer.json().at("link").is_null());
  CHECK(answer.json().at("qr").as_array().empty());
}

TEST_CASE("the API tells the operator what is told, and says so where nobody can ask") {
  Site site;
  SECTION("offered") {
    site.open({.setup = setup()});
    site.run(ask_api);
  }
  SECTION("not offered") {
    site.run(ask_api_of_nothing);
  }
}

}  // namespace
}  // namespace tandem::test
