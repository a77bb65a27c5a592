// Errors, secrets, snapshots, the clock that tests move, and the log.
#include <fstream>
#include <iterator>
#include <thread>
#include <type_traits>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "lib/base/clock.hpp"
#include "lib/base/log.hpp"
#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"
#include "lib/base/snapshot.hpp"

using namespace tandem;
using namespace std::chrono_literals;

TEST_CASE("an error says what failed, the other's words and the next step in one line") {
  const Error error{.kind = ErrorKind::refused,
                    .what = "the log-in was refused",
                    .origin = Origin::old_side,
                    .server_words = "NO wrong\r\nfake: line",
                    .next_step = "Check the password."};
  const std::string text = error.to_string();
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find("the log-in was refused") != std::string::npos);
  CHECK(text.find("NO wrong") != std::string::npos);
  CHECK(text.find("Check the password.") != std::string::npos);
  const Result<int> failed = fail(ErrorKind::limit, "too many");
  REQUIRE_FALSE(failed);
  CHECK(failed.error().kind == ErrorKind::limit);
  CHECK(name_of(ErrorKind::internal) != name_of(ErrorKind::invalid));
}

TEST_CASE("a secret is not copied by accident, and leaves nothing where it was") {
  static_assert(!std::is_copy_constructible_v<Secret>);
  static_assert(!std::is_copy_assignable_v<Secret>);
  Secret first(std::string("short"));
  Secret second(std::move(first));
  CHECK(first.empty());  // NOLINT: that is what the test is about
  CHECK(second.reveal() == "short");
  Secret third;
  third = std::move(second);
  CHECK(second.empty());  // NOLINT
  CHECK(third == Secret(std::string("short")));
  CHECK(third.clone() == third);
  CHECK_FALSE(third == Secret(std::string("shorT")));
}

TEST_CASE("a reader of a snapshot keeps what it got") {
  Snapshot<std::string> shared(std::make_shared<const std::string>("one"));
  const auto kept = shared.load();
  std::thread writer([&shared] { shared.store(std::make_shared<const std::string>("two")); });
  writer.join();
  CHECK(*kept == "one");
  CHECK(*shared.load() == "two");
}

TEST_CASE("a manual clock stands still until it is moved") {
  ManualClock clock;
  const auto wall = clock.wall();
  const auto steady = clock.steady();
  CHECK(clock.wall() == wall);
  clock.advance(90s);
  CHECK(clock.wall() - wall == 90s);
  CHECK(clock.steady() - steady == 90s);
}

TEST_CASE("the log writes from its level on, one line each, whatever is in it") {
  const std::string path = "/tmp/tandem-log-" + std::to_string(::getpid());
  log::start(log::Level::warning, path);
  log::info("I-TEST-1", "not shown");
  log::warning("W-TEST-2", "from {}", "outside\r\nE-FAKE-1 forged");
  CHECK_FALSE(log::enabled(log::Level::info));
  log::start(log::Level::warning);  // closes the file
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ::unlink(path.c_str());
  CHECK(text.find("not shown") == std::string::npos);
  CHECK(text.find("W-TEST-2") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') == 1);
}
