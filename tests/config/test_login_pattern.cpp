// Log-in names from addresses.
#include <catch2/catch.hpp>

#include "config/login_pattern.hpp"

namespace tandem::config {

TEST_CASE("patterns make log-in names") {
  CHECK(login_name("{address}", "taro@example.jp") == "taro@example.jp");
  CHECK(login_name("{local}%{domain}", "taro@example.jp") == "taro%example.jp");
  CHECK(login_name("kir.{local}", "taro@example.jp") == "kir.taro");
  CHECK_FALSE(login_name("csv", "taro@example.jp").has_value());
  CHECK(login_name("{local}", "\"a@b\"@example.jp") == "\"a@b\"");
  CHECK(login_name("{local}{domain}", "{domain}@x.jp") == "{domain}x.jp");
}

TEST_CASE("patterns that cannot work are refused") {
  for (const auto* good : {"{address}", "csv", "{local}", "x-{local}", "{local}%{domain}"})
    CHECK(check_login_pattern(good).has_value());
  for (const auto* bad :
       {"", "info", "{user}", "{local", "local}", "{}", "{domain}", "{{local}}"}) {
    CAPTURE(bad);
    const auto checked = check_login_pattern(bad);
    REQUIRE_FALSE(checked.has_value());
    CHECK(checked.error().next_step.find("{local}") != std::string::npos);
  }
}

TEST_CASE("a master account logs in for somebody") {
  CHECK(master_login_name("{login}*{master}", "taro@x.jp", "admin") == "taro@x.jp*admin");
  CHECK(master_login_name("authzid", "taro@x.jp", "admin") == "admin");
  CHECK(check_master_pattern("authzid").has_value());
  CHECK(check_master_pattern("{master}/{login}").has_value());
  CHECK_FALSE(check_master_pattern("{master}").has_value());
  CHECK_FALSE(check_master_pattern("{address}").has_value());
}

}  // namespace tandem::config
