#include "tests/server/account_office.hpp"

namespace tandem::server::test {
namespace {

net::Task<Result<AccountId>> log_in(AccountOffice& office, std::string user, std::string password,
                                    std::string peer = "192.0.2.1") {
  Secret secret(std::move(password));
  co_return co_await office.book->authenticate_plain(std::move(user), std::move(secret),
                                                     std::move(peer));
}

net::Task<void> administer(AccountOffice& office) {
  AccountBook& book = *office.book;
  const AccountId aoki = co_await office.add("Aoki@example.jp", "one");
  CHECK(office.box(aoki, "INBOX").messages == 0);
  CHECK(office.box(aoki, "Sent").special_use == "\\Sent");

  NewAccount again{"aoki@EXAMPLE.jp", Secret("x"), 0, false};
  const auto twice = co_await book.create(std::move(again));
  REQUIRE(!twice);
  CHECK(twice.error().kind == ErrorKind::conflict);
  NewAccount foreign{"aoki@elsewhere.example", Secret("x"), 0, false};
  const auto elsewhere = co_await book.create(std::move(foreign));
  REQUIRE(!elsewhere);
  CHECK(elsewhere.error().kind == ErrorKind::invalid);
  NewAccount empty{"baba@example.jp", Secret(""), 0, false};
  CHECK(!co_await book.create(std::move(empty)));

  CHECK(co_await book.add_alias("info@example.org", "AOKI@example.jp"));
  CHECK(co_await book.add_alias("postmaster@example.jp", "aoki@example.jp"));
  const auto taken = co_await book.add_alias("aoki@example.jp", "aoki@example.jp");
  REQUIRE(!taken);
  CHECK(taken.error().kind == ErrorKind::conflict);
  for (const auto* address : {"aoki@example.jp", "AOKI@Example.JP", "info@example.org",
                              "\"aoki\"@example.jp", "aoki+news@example.jp", "Postmaster"})
    CHECK(book.lookup(address).value() == std::optional(aoki));
  for (const auto* address : {"baba@example.jp", "aoki@elsewhere.example", "aoki", "",
                              "+aoki@example.jp", "aoki@example.jp@example.jp"})
    CHECK(book.lookup(address).value() == std::nullopt);

  CHECK(co_await book.set_quota("aoki@example.jp", 5000));
  CHECK(book.intake(aoki)->quota == 5000);
  const auto listed = book.list();
  REQUIRE(listed);
  REQUIRE(listed->size() == 1);
  CHECK(listed->front().address == "Aoki@example.jp");
  CHECK(listed->front().aliases ==
        std::vector<std::string>{"info@example.org", "postmaster@example.jp"});

  CHECK(co_await book.remove_alias("Info@example.org"));
  CHECK(book.lookup("info@example.org").value() == std::nullopt);
  CHECK(!co_await book.remove_alias("info@example.org"));
  CHECK(co_await book.remove("aoki@example.jp"));
  CHECK(book.lookup("aoki@example.jp").value() == std::nullopt);
  CHECK(office.count("SELECT count(*) FROM mailbox_box") == 0);
  CHECK(office.count("SELECT count(*) FROM server_alias") == 0);
  const auto gone = co_await book.remove("aoki@example.jp");
  REQUIRE(!gone);
  CHECK(gone.error().kind == ErrorKind::not_found);
}

net::Task<void> passwords(AccountOffice& office) {
  AccountBook& book = *office.book;
  const AccountId aoki = co_await office.add("aoki@example.jp", "one");
  for (int i = 0; i < 2; ++i) {
    const auto in = co_await log_in(office, "AOKI@example.jp", "one");
    REQUIRE(in);
    CHECK(*in == aoki);
  }
  const auto bad = co_await log_in(office, "aoki@example.jp", "two", "");
  const auto unknown = co_await log_in(office, "baba@example.jp", "one", "");
  REQUIRE(!bad);
  REQUIRE(!unknown);
  CHECK(bad.error().what == unknown.error().what);
  CHECK(bad.error().kind == ErrorKind::authentication);

  // The old password is out at once, also where it was remembered.
  CHECK(co_await book.set_password("aoki@example.jp", Secret("two")));
  CHECK(!co_await log_in(office, "aoki@example.jp", "one", ""));
  CHECK(co_await log_in(office, "aoki@example.jp", "two", ""));
  CHECK(!co_await book.set_password("baba@example.jp", Secret("two")));

  const auto scram = book.scram_keys("aoki@example.jp");
  REQUIRE(scram);
  REQUIRE(*scram);
  CHECK((*scram)->account == aoki);
  CHECK(sasl::scram_matches((*scram)->keys, "two"));
  CHECK(!sasl::scram_matches((*scram)->keys, "one"));

  CHECK(co_await book.set_disabled("aoki@example.jp", true));
  CHECK(!co_await log_in(office, "aoki@example.jp", "two", ""));
  CHECK(book.scram_keys("aoki@example.jp").value() == std::nullopt);
  CHECK(book.intake(aoki)->disabled);
  CHECK(co_await book.set_disabled("aoki@example.jp", false));
  CHECK(co_await log_in(office, "aoki@example.jp", "two", ""));
}

net::Task<void> recoverable(AccountOffice& office) {
  using Kept = Accounts::Kept;
  CHECK(office.book->passwords_kept() == Kept::nobody);
  co_await office.add("aoki@example.jp", "one", true);
  CHECK(office.book->passwords_kept() == Kept::everybody);
  co_await office.add("baba@example.jp", "one");
  CHECK(office.book->passwords_kept() == Kept::some);
  auto kept = office.book->recoverable("AOKI@example.jp");
  REQUIRE(kept);
  REQUIRE(*kept);
  CHECK((*kept)->password.reveal() == "one");
  CHECK(!office.book->recoverable("baba@example.jp").value());
  CHECK(office.count("SELECT count(*) FROM server_account WHERE instr(sealed, 'one')") == 0);
  // A new password is not kept unless asked for.
  CHECK(co_await office.book->set_password("aoki@example.jp", Secret("two")));
  CHECK(!office.book->recoverable("aoki@example.jp").value());
}

}  // namespace

TEST_CASE("Accounts are made, aliased, listed and removed with their mail", "[accounts]") {
  AccountOffice office;
  office.run(administer(office));
}
TEST_CASE("A password opens its account, and only until it is changed", "[accounts][T-32]") {
  AccountOffice office;
  office.run(passwords(office));
}
TEST_CASE("A password is kept for CRAM-MD5 and APOP only where asked for", "[accounts]") {
  AccountOffice office;
  office.run(recoverable(office));
}

TEST_CASE("Guessers wait longer and longer, and nobody else does", "[accounts][T-31]") {
  ManualClock clock;
  LoginThrottle throttle(clock);
  const auto delay = [&](std::string_view user, std::string_view peer) {
    return std::chrono::duration_cast<std::chrono::seconds>(throttle.delay(user, peer)).count();
  };
  for (int i = 0; i < 2; ++i) throttle.failed("a", "192.0.2.1", std::to_string(i));
  CHECK(delay("a", "192.0.2.1") == 0);
  throttle.failed("a", "192.0.2.1", "2");
  CHECK(delay("a", "192.0.2.1") == 1);
  throttle.failed("b", "192.0.2.1", "2");
  CHECK(delay("c", "192.0.2.1") == 2);
  CHECK(delay("a", "192.0.2.2") == 0);
  // The same wrong password again and again is a client, not a guesser.
  for (int i = 0; i < 50; ++i) throttle.failed("b", "192.0.2.1", "2");
  CHECK(delay("c", "192.0.2.1") == 2);
  CHECK(throttle.repeated("b", "2"));
  CHECK(!throttle.repeated("b", "3"));
  for (int i = 0; i < 50; ++i) throttle.failed("a", "192.0.2.1", std::to_string(i));
  CHECK(delay("a", "192.0.2.1") == 15);
  CHECK(delay("a", "192.0.2.2") == 4);
  CHECK(delay("a", "") == 0);
  clock.advance(std::chrono::minutes(16));
  CHECK(delay("a", "192.0.2.1") == 0);
  // One IPv6 network is one guesser.
  for (int i = 0; i < 4; ++i)
    throttle.failed("d" + std::to_string(i), "2001:db8::" + std::to_string(i), "");
  CHECK(delay("z", "2001:db8::ffff") == 2);
  CHECK(delay("z", "2001:db8:0:1::1") == 0);
}

TEST_CASE("A flood of names does not make the throttle grow", "[accounts][T-17]") {
  ManualClock clock;
  LoginThrottle throttle(clock);
  for (std::size_t i = 0; i < LoginThrottle::most_entries + 100; ++i) {
    clock.advance(Duration(1));
    throttle.failed("user" + std::to_string(i), "", "x");
  }
  CHECK(!throttle.repeated("user0", "x"));
  CHECK(throttle.repeated("user" + std::to_string(LoginThrottle::most_entries), "x"));
}

TEST_CASE("Remembered passwords are bounded, and worth nothing elsewhere", "[accounts]") {
  VerifiedCache cache(2);
  const std::string proof = cache.proof("hash", "a", "one");
  CHECK(proof != VerifiedCache().proof("hash", "a", "one"));
  cache.remember(1, proof);
  CHECK(cache.contains(1, proof));
  CHECK(!cache.contains(2, proof));
  CHECK(!cache.contains(1, cache.proof("other hash", "a", "one")));
  CHECK(!cache.contains(1, cache.proof("hash", "a", "two")));
  cache.remember(2, proof);
  cache.remember(3, proof);
  CHECK(cache.size() == 2);
  CHECK(!cache.contains(1, proof));
}

}  // namespace tandem::server::test
