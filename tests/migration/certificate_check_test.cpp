// Our own certificates against the names that mail programs meet us by.
#include "migration/certificate_check.hpp"

#include <catch2/catch.hpp>

namespace tandem::migration {
namespace {

using Use = NameInUse::Use;
using std::chrono::days;

const WallTime now = ManualClock().wall();  // 2026-11-24

OwnCertificate certificate(std::string file, std::vector<std::string> names, days left = days(60)) {
  return {std::move(file),
          {.names = std::move(names), .from = now - days(30), .until = now + left}};
}

NameFinding check_one(const std::vector<OwnCertificate>& certificates, std::string name,
                      Use use = Use::told) {
  const auto found = check_certificates(certificates, {{std::move(name), use}}, now);
  REQUIRE(found.size() == 1);
  CHECK(found.front().what.en.empty() == found.front().what.ja.empty());
  CHECK(found.front().next_step.en.empty() == found.front().next_step.ja.empty());
  CHECK(found.front().what.en.empty() == (found.front().light == Light::green));
  return found.front();
}

}  // namespace

TEST_CASE("a name is covered by itself, or by its domain's star, in this order") {
  const std::vector<OwnCertificate> own = {certificate("first", {"mail.example.jp"}),
                                           certificate("star", {"*.example.jp"}),
                                           certificate("exact", {"IMAP.example.jp"})};
  CHECK(check_one(own, "mail.example.jp").certificate == "first");
  CHECK(check_one(own, "imap.example.jp").certificate == "exact");
  const auto by_star = check_one(own, "autoconfig.example.jp", Use::asked);
  CHECK(by_star.certificate == "star");
  CHECK(by_star.light == Light::green);
  CHECK(day_of(*by_star.until) == "2027-01-23");
  CHECK(check_one(own, "example.jp").light == Light::red);
  CHECK(check_one(own, "a.b.example.jp").light == Light::red);
}

TEST_CASE("a name that is missing is named with what to do") {
  const std::vector<OwnCertificate> own = {certificate("first", {"mail.example.jp"})};
  const auto asked = check_one(own, "autoconfig.example.jp", Use::asked);
  CHECK(asked.light == Light::amber);
  CHECK(asked.certificate == "first");  // the one that is shown
  CHECK(asked.next_step.en.find("-d autoconfig.example.jp") != std::string::npos);
  CHECK(asked.next_step.ja.find("autoconfig.example.jp も含む証明書") != std::string::npos);
  CHECK(asked.next_step.en.find("do not publish") != std::string::npos);
  const auto seen = check_one(own, "imap.example.jp", Use::seen);
  CHECK(seen.light == Light::red);
  CHECK(seen.next_step.en.find("use the host name above") != std::string::npos);
  const auto none = check_one({}, "mail.example.jp");
  CHECK(none.light == Light::red);
  CHECK(none.certificate.empty());
  CHECK_FALSE(none.until);
}

TEST_CASE("an end in sight is told before it comes, and a start that has not come") {
  const std::string name = "mail.example.jp";
  CHECK(check_one({certificate("a", {name}, days(14))}, name).light == Light::green);
  const auto soon = check_one({certificate("a", {name}, days(13))}, name);
  CHECK(soon.light == Light::amber);
  CHECK(soon.what.en == "the certificate ends on 2026-12-07, and has not been renewed");
  const auto over = check_one({certificate("a", {name}, days(0))}, name);
  CHECK(over.light == Light::red);
  CHECK(over.what.ja == "証明書の有効期限(2026-11-24)が切れています。");
  auto early = certificate("a", {name});
  early.facts.from = now + days(1);
  CHECK(check_one({early}, name).what.en == "the certificate is not valid before 2026-11-25");
  auto own_hand = certificate("a", {name});
  own_hand.facts.self_signed = true;
  CHECK(check_one({own_hand}, name).light == Light::amber);
}

TEST_CASE("what a certificate says of itself") {
  const auto made = net::make_self_signed({"mail.example.jp", "*.example.jp", "192.0.2.1"});
  REQUIRE(made);
  const auto facts = net::certificate_facts(made->chain_pem);
  REQUIRE(facts);
  CHECK(facts->names == std::vector<std::string>{"mail.example.jp", "*.example.jp"});
  CHECK(facts->self_signed);
  CHECK(facts->from < facts->until);
  CHECK(facts->until - facts->from == days(3650) + days(1));
  CHECK_FALSE(net::certificate_facts("nonsense"));
}

}  // namespace tandem::migration
