#include "migration/routes.hpp"

#include <catch2/catch.hpp>

using namespace tandem::migration;

namespace {

Account account(AccountId id, std::string address, Phase phase, std::string old_login = "",
                std::string new_login = "") {
  return {.id = id,
          .migration = "example",
          .address = std::move(address),
          .phase = phase,
          .epoch = 7,
          .logins = {{{.login = std::move(old_login)}, {.login = std::move(new_login)}}}};
}

Routes sample() {
  return Routes({{.migration = "example", .domains = {"example.jp", "Example.COM"}}},
                {account(1, "aoki@example.jp", Phase::mirror_old, "kir000.aoki"),
                 account(2, "baba@example.jp", Phase::mirror_new),
                 account(3, "aoki@example.com", Phase::old)},
                4);
}

}  // namespace

TEST_CASE("routes: a listed recipient goes where its phase says") {
  const Routes routes = sample();
  const auto route = routes.recipient("AOKI@Example.jp");
  REQUIRE(route);
  CHECK(route->account == 1);
  CHECK(route->home == Side::old_side);
  CHECK(route->mirror == Side::new_side);
  CHECK(route->epoch == 7);
  CHECK(routes.recipient("baba@example.jp")->home == Side::new_side);
}

TEST_CASE(
    "routes: an unlisted address of our domain is its home side's to judge, without a mirror") {
  const auto route = sample().recipient("info@example.com");
  REQUIRE(route);
  CHECK(route->account == 0);
  CHECK(route->home == Side::old_side);
  CHECK_FALSE(route->mirror);
}

TEST_CASE("T-34 routes: a domain that is not in a migration has no route") {
  CHECK_FALSE(sample().recipient("x@elsewhere.jp"));
  CHECK_FALSE(sample().recipient("x@sub.example.jp"));
  CHECK_FALSE(sample().recipient("example.jp"));
  CHECK_FALSE(sample().recipient(""));
}

TEST_CASE("routes: log-ins in any usual form, ambiguous ones for nobody") {
  const Routes routes = sample();
  CHECK(routes.login("aoki@example.jp")->id == 1);
  CHECK(routes.login("Aoki%Example.jp")->id == 1);
  CHECK(routes.login("kir000.aoki")->id == 1);
  CHECK(routes.login("baba")->id == 2);
  CHECK(routes.login("aoki") == nullptr);
  CHECK(routes.login("nobody") == nullptr);
}
