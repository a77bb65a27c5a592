// The census as it is told: who needs what, in which order, and who has not come yet.
#include "tests/webui/contract.hpp"
#include "tests/webui/site.hpp"
#include "webui/describe_client.hpp"

namespace tandem::test {
namespace {

namespace json = boost::json;
using migration::ClientSeen;
using webui::ClientAdvice;

ClientSeen usual() {
  return {.protocol = "imap",
          .client = "Thunderbird 128",
          .mechanism = "PLAIN",
          .tls_version = "TLSv1.3",
          .host_name = "mail.example.jp",
          .address = "192.0.2.1",
          .log_ins = 3};
}

ClientAdvice advised(void (*change)(ClientSeen&), std::string_view hostname = "mail.example.jp") {
  ClientSeen client = usual();
  change(client);
  return webui::advice_for(client, hostname);
}

TEST_CASE("each program is told the most urgent thing") {
  CHECK(advised([](ClientSeen&) {}) == ClientAdvice::none);
  CHECK(advised([](ClientSeen& one) { one.host_name = "imap.example.jp"; }) ==
        ClientAdvice::other_name);
  CHECK(advised([](ClientSeen& one) { one.host_name = "imap.example.jp"; }, "") ==
        ClientAdvice::none);
  CHECK(advised([](ClientSeen& one) { one.host_name.clear(); }) == ClientAdvice::none);
  CHECK(advised([](ClientSeen& one) { one.mechanism = "APOP"; }) == ClientAdvice::old_mechanism);
  CHECK(advised([](ClientSeen& one) { one.mechanism = "SCRAM-SHA-256"; }) == ClientAdvice::none);
  CHECK(advised([](ClientSeen& one) { one.tls_version = "TLSv1.1"; }) == ClientAdvice::old_tls);
  CHECK(advised([](ClientSeen& one) {
          one.mechanism = "APOP";
          one.tls_version.clear();
        }) == ClientAdvice::no_tls);
  CHECK(advised([](ClientSeen& one) {
          one.problem = "no stored password";
          one.tls_version.clear();
        }) == ClientAdvice::password_unknown);
}

void see(Site& site, const std::string& address, std::chrono::minutes ago,
         void (*change)(ClientSeen&)) {
  ClientSeen client = usual();
  client.account = site.account(address).id;
  client.last_seen = client.first_seen = site.net.clock().wall() - ago;
  change(client);
  site.rooms.seen.push_back(std::move(client));
}

std::vector<std::string> addresses(const json::value& list) {
  std::vector<std::string> found;
  for (const auto& one : list.as_array())
    found.emplace_back(one.is_string() ? one.as_string() : one.at("address").as_string());
  return found;
}

Task<void> ask(Site& site) {
  Browser browser{site};
  co_await browser.enter();
  Answer answer = co_await browser.get("/api/clients");
  INFO(answer.body);
  CHECK(faults(answer_of("/api/clients", "get"), answer.json()) == "");
  json::value told = answer.json();
  CHECK(told.at("accounts") == 4);
  CHECK(told.at("seen") == 2);
  const std::vector<std::string> order = {"chiba@example.jp", "baba@example.jp", "aoki@example.jp",
                                          "aoki@example.jp"};
  CHECK(addresses(told.at("clients")) == order);
  CHECK(told.at("clients").at(0).at("advice") == "password_unknown");
  CHECK(told.at("clients").at(2).at("protocol") == "submission");
  CHECK(told.at("counts").at("no_tls") == 1);
  CHECK(told.at("counts").at("none") == 2);
  // Who only failed has not come through us.
  const std::vector<std::string> missing = {"chiba@example.jp", "doi@example.jp"};
  CHECK(addresses(told.at("not_seen")) == missing);
  answer = co_await browser.get("/api/clients?q=THUNDERBIRD&limit=1");
  CHECK(addresses(answer.json().at("clients")).size() == 1);
  CHECK(answer.json().at("seen") == 2);
  answer = co_await browser.get("/api/clients?migration=other");
  CHECK(answer.json().at("accounts") == 0);
  CHECK(answer.json().at("clients").as_array().empty());
  answer = co_await browser.get("/api/clients?limit=0");
  CHECK(answer.kind() == "bad_request");
}

TEST_CASE("the census is told in the order of need; whoever has not come is named") {
  Site site;
  site.open({.setup = {.hostname = "mail.example.jp"}});
  site.import({"aoki@example.jp", "baba@example.jp", "chiba@example.jp", "doi@example.jp"});
  using std::chrono::minutes;
  see(site, "aoki@example.jp", minutes(9), [](ClientSeen&) {});
  see(site, "aoki@example.jp", minutes(5), [](ClientSeen& one) { one.protocol = "submission"; });
  see(site, "baba@example.jp", minutes(60), [](ClientSeen& one) { one.tls_version.clear(); });
  see(site, "chiba@example.jp", minutes(90), [](ClientSeen& one) {
    one.mechanism = "CRAM-MD5";
    one.problem = "no stored password";
  });
  site.rooms.seen.push_back(usual());  // of an account that is gone
  site.run(ask);
}

}  // namespace
}  // namespace tandem::test
