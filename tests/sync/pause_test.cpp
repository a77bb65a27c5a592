// What servers say when they want to be left alone, and that it costs no message anything.
#include "sync/pause.hpp"

#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

constexpr Side pause_old = Side::old_side;
constexpr Side pause_new = Side::new_side;

std::optional<Duration> told_by(std::string words) {
  Error error;
  error.server_words = std::move(words);
  return asked_to_wait(error);
}

Task<void> throttled(TwoSides& two) {
  for (const std::string subject : {"a", "b"})
    co_await two.put(pause_old, "Subject: " + subject + "\r\nFrom: a@b.example\r\n\r\nwords\r\n");
  // The target takes them, and says no: what it has must not be copied once more later.
  two.at(pause_new).replace = {{" OK [APPENDUID ", " NO [THROTTLED]"}};
  const auto refused = co_await two.world->sync->run_delta(two.world->account, pause_old);
  REQUIRE(!refused);
  CHECK(asked_to_wait(refused.error()));
  CHECK(two.world->sync->skipped(two.world->account).empty());
  const auto shown = two.world->sync->progress(two.world->account);
  CHECK(shown.state == migration::CopyState::failed);
  CHECK(shown.next_step.find("by itself") != std::string::npos);
  two.at(pause_new).replace.clear();
  const auto report = co_await two.pass();
  CHECK(report.matched == 2);
  CHECK(two.mailbox(pause_new) == two.mailbox(pause_old));
}

// A log-in that is refused for the crowd is no wrong password: nobody is needed.
Task<void> crowded(TwoSides& two) {
  two.at(pause_old).replace = {
      {" OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR", " NO [ALERT] Too many connections, please -"}};
  const auto refused = co_await two.world->sync->run_delta(two.world->account, pause_old);
  REQUIRE(!refused);
  CHECK(two.world->sync->progress(two.world->account).state == migration::CopyState::failed);
}

// Exchange, of three things, one of which is a wrong password: it is tried again, and all are
// named.
Task<void> not_connected(TwoSides& two) {
  two.at(pause_old).replace = {{" OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR",
                                " NO User is authenticated but not connected. "}};
  const auto refused = co_await two.world->sync->run_delta(two.world->account, pause_old);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  const auto shown = two.world->sync->progress(two.world->account);
  CHECK(shown.state == migration::CopyState::failed);
  for (const std::string word : {"connections", "permissions", "password", "by itself"})
    CHECK(shown.next_step.find(word) != std::string::npos);
  CHECK(two.at(pause_old).connections == 1);
}

}  // namespace

TEST_CASE("A server's wish for a pause is read from its words") {
  using namespace std::chrono_literals;
  CHECK(told_by("[UNAVAILABLE] Request is throttled. Suggested Backoff Time: 92415 milliseconds") ==
        Duration(92415ms));
  CHECK(told_by("Suggested Backoff Time:5 milliseconds") == Duration(5ms));
  CHECK(told_by("Suggested Backoff Time: 999999999999999999 milliseconds") == Duration(24h));
  CHECK(told_by("Suggested Backoff Time: soon") == std::nullopt);
  CHECK(told_by("[THROTTLED] slower") == Duration(1min));
  CHECK(told_by("[ALERT] Too many simultaneous connections. (Failure)") == Duration(1min));
  CHECK(told_by("Maximum number of connections from user+IP exceeded") == Duration(1min));
  CHECK(told_by("Rate limit exceeded, please retry later") == Duration(1min));  // WorkMail
  CHECK(told_by("User is authenticated but not connected.") == Duration(1min));
  CHECK(told_by("[LIMIT] too many keywords") == std::nullopt);
  CHECK(told_by("") == std::nullopt);
}
TEST_CASE("A throttled APPEND ends the pass and leaves no message out") {
  TwoSides two;
  two.run(throttled(two));
}
TEST_CASE("A crowded server is no wrong password") {
  TwoSides two;
  two.run(crowded(two));
}
TEST_CASE("A mailbox that Exchange does not connect is no wrong password alone") {
  TwoSides two;
  two.run(not_connected(two));
}

}  // namespace tandem::sync
