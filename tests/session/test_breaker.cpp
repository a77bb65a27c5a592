#include "proxy/session/breaker.hpp"
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;
using std::chrono::seconds;

const Error silent{.kind = ErrorKind::unreachable, .what = "no answer"};
const Error no{.kind = ErrorKind::authentication, .what = "wrong"};

Task<std::string> log_in(Stage& stage, std::string name) {
  Talker person = stage.person(Protocol::imap);
  (void)co_await person.line();
  const std::string command = "a LOGIN " + name + " geheim\r\n";
  co_await person.say(command);
  std::string answer = co_await person.line();
  person.close();
  co_await stage.net.group.join();
  co_return answer;
}

// Five people find a backend that breaks off; a sixth is not kept waiting for it, and when it is
// back, so is everybody.
Task<void> left_alone(Stage& stage) {
  for (const std::string name : {"a", "b", "c", "d", "e", "f"})
    co_await stage.import(name + "@example.jp");
  for (const std::string name : {"a", "b", "c", "d", "e"}) {
    stage.old_side.scripts = {{}};
    CHECK((co_await log_in(stage, name)).starts_with("a NO [UNAVAILABLE]"));
  }
  CHECK(stage.old_side.connections == 5);
  CHECK((co_await log_in(stage, "f")).starts_with("a NO [UNAVAILABLE]"));
  CHECK(stage.old_side.connections == 5);
  co_await stage.net.timers.pass(Breaker::pause);
  stage.old_side.scripts = {imap_login("\"f\" \"geheim\""), imap_login("\"a\" \"geheim\"")};
  CHECK((co_await log_in(stage, "f")).starts_with("a OK"));
  CHECK((co_await log_in(stage, "a")).starts_with("a OK"));
}

}  // namespace

TEST_CASE("Breaker: different accounts count, not failures") {
  ManualClock clock;
  Breaker breaker(clock);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(breaker.asked("there", 1, &silent));
  for (migration::AccountId id = 2; id < 5; ++id) CHECK_FALSE(breaker.asked("there", id, &silent));
  CHECK(breaker.may_ask("there"));
  CHECK(breaker.asked("there", 5, &silent));
  CHECK_FALSE(breaker.may_ask("there"));
  CHECK(breaker.may_ask("elsewhere"));
}

TEST_CASE("Breaker: one tries after the pause, and its answer opens for all") {
  ManualClock clock;
  Breaker breaker(clock);
  for (migration::AccountId id = 1; id <= 5; ++id) (void)breaker.asked("there", id, &silent);
  clock.advance(Breaker::pause);
  CHECK(breaker.may_ask("there"));
  CHECK_FALSE(breaker.may_ask("there"));
  CHECK_FALSE(breaker.asked("there", 6, &silent));  // still silent; said already
  CHECK_FALSE(breaker.may_ask("there"));
  clock.advance(Breaker::pause);
  CHECK(breaker.may_ask("there"));
  CHECK_FALSE(breaker.asked("there", 7, &no));  // a refused password is an answer
  CHECK(breaker.may_ask("there"));
  CHECK(breaker.may_ask("there"));
}

TEST_CASE("Breaker: old failures do not count") {
  ManualClock clock;
  Breaker breaker(clock);
  for (migration::AccountId id = 1; id < 5; ++id) (void)breaker.asked("there", id, &silent);
  clock.advance(Breaker::window + seconds(1));
  CHECK_FALSE(breaker.asked("there", 5, &silent));
  CHECK(breaker.may_ask("there"));
}

TEST_CASE("Breaker: a backend that answers nobody is left alone for a while") {
  Stage stage;
  stage.net.run(left_alone(stage));
  stage.net.run(stage.net.group.join());
  stage.check_backends();
}

}  // namespace tandem::session
