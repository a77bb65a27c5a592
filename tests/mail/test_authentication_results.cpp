#include <catch2/catch.hpp>

#include "lib/mail/authentication_results.hpp"

using namespace tandem;
using namespace tandem::mail;

namespace {

bool claims(std::string field, std::string_view host = "gate.example") {
  return is_result_by(parse_field(field), host);
}

}  // namespace

TEST_CASE("Authentication-Results as rspamd, OpenDKIM and RFC 8601 B write them") {
  const auto rspamd = parse_authentication_results(
      " gate.example;\r\n\tdkim=pass header.d=sender.example header.s=sel header.b=\"AbC/=d\";\r\n"
      "\tspf=fail (gate.example: domain of anna@sender.example does not designate 192.0.2.1) "
      "smtp.mailfrom=anna@sender.example;\r\n\tdmarc=none");
  CHECK(rspamd.by == "gate.example");
  REQUIRE(rspamd.results.size() == 3);
  CHECK(rspamd.results[0].method == "dkim");
  CHECK(rspamd.results[0].result == "pass");
  CHECK(rspamd.results[0].property("header.d") == "sender.example");
  CHECK(rspamd.results[0].property("header.b") == "AbC/=d");
  CHECK(rspamd.results[1].result == "fail");
  CHECK(rspamd.results[1].property("smtp.mailfrom") == "anna@sender.example");
  CHECK(rspamd.results[2].result == "none");

  const auto opendkim = parse_authentication_results(
      " gate.example;\r\n\tdkim=fail reason=\"signature; verification failed\" (1024-bit key; "
      "unprotected) header.d=sender.example header.i=@sender.example");
  REQUIRE(opendkim.results.size() == 1);
  CHECK(opendkim.results[0].result == "fail");
  CHECK(opendkim.results[0].property("reason") == "signature; verification failed");
  CHECK(opendkim.results[0].property("header.i") == "@sender.example");

  const auto commented = parse_authentication_results(
      "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for "
      "it) "
      "fail\r\n policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I "
      "wasn't expecting it) 1362471462");
  CHECK(commented.by == "foo.example.net");
  REQUIRE(commented.results.size() == 1);
  CHECK(commented.results[0].method == "dkim");
  CHECK(commented.results[0].result == "fail");

  CHECK(parse_authentication_results("gate.example; none").results.empty());
  CHECK(parse_authentication_results("").by.empty());
}

TEST_CASE("Authentication-Results: whose a field claims to be, however it is written") {
  CHECK(claims("Authentication-Results: gate.example; none\r\n"));
  CHECK(claims("AUTHENTICATION-RESULTS : GATE.Example.;dkim=pass\r\n"));
  CHECK(
      claims("Authentication-Results:\r\n (a (nested) one)\r\n \"gate.example\" 1; spf=pass\r\n"));
  CHECK(claims("Authentication-Results: gate.example\r\n"));
  CHECK_FALSE(claims("Authentication-Results: other.example; none\r\n"));
  CHECK_FALSE(claims("Authentication-Results: a.gate.example; none\r\n"));
  CHECK_FALSE(claims("Authentication-Results: (gate.example) other.example; none\r\n"));
  CHECK_FALSE(claims("ARC-Authentication-Results: i=1; gate.example; none\r\n"));
}

TEST_CASE("Authentication-Results: those by one host, of a whole header") {
  const HeaderView header(
      "Authentication-Results: gate.example; spf=pass\r\n"
      "Authentication-Results: other.example; dmarc=pass\r\n"
      "authentication-results: gate.example; dkim=fail; dkim=pass\r\n\r\n");
  const auto found = results_by(header, "gate.example");
  REQUIRE(found.size() == 3);
  CHECK(found[0].method == "spf");
  CHECK(found[2].result == "pass");
}

TEST_CASE("Authentication-Results: hostile values end and stay bounded") {
  const std::string many = [] {
    std::string text = "gate.example";
    for (int i = 0; i < 50'000; ++i) text += ";a=b c.d=e";
    return text;
  }();
  CHECK(parse_authentication_results(many).results.size() == 100);
  for (const char* odd :
       {";;;;", "=;=;=", "a;b=\"", "a;b=(((", "\"", "a;b=c =", "a;b/=c", "a ; / = x"})
    CHECK(parse_authentication_results(odd).results.size() <= 3);
  std::string properties = "a;b=c";
  for (int i = 0; i < 1'000; ++i) properties += " x=y";
  CHECK(parse_authentication_results(properties).results.front().properties.size() == 20);
}
