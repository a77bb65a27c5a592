// What programs people use: kept over a restart, written once a minute however many log-ins there
// are, bounded, forgotten, and free of what nobody should read.
#include "proxy/session/census.hpp"
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

ClientSeen program(std::string name, WallTime at, std::string problem = {}) {
  return {.account = 1,
          .protocol = "imap",
          .client = std::move(name),
          .mechanism = "PLAIN",
          .tls_version = "TLSv1.3",
          .host_name = "mail.example.jp",
          .address = "192.0.2.1",
          .last_seen = at,
          .problem = std::move(problem)};
}

std::vector<std::string> names(const Census& census) {
  std::vector<std::string> found;
  for (const auto& one : census.all()) found.push_back(one.client);
  return found;
}

// Runs it until it has written what it knows.
Task<void> write_down(Stage& stage, Census& census) {
  net::TaskGroup group(stage.net.executor());
  group.spawn(census.run(group));
  co_await stage.net.timers.settle();
  group.request_stop();
  co_await group.join();
}

Task<void> over_a_restart(Stage& stage) {
  const WallTime first = stage.net.clock().wall();
  Census census(*stage.store, stage.net.clock());
  census.saw(program("Thunderbird 128", first));
  census.saw(program("Thunderbird 128", first + std::chrono::hours(2)));
  census.saw(program("Outlook", first, "no stored password"));
  co_await write_down(stage, census);
  const Census again(*stage.store, stage.net.clock());
  const auto all = again.all();
  REQUIRE(all.size() == 2);
  CHECK(all[0].client == "Thunderbird 128");
  CHECK(all[0].log_ins == 2);
  CHECK(all[0].tls_version == "TLSv1.3");
  CHECK(all[0].host_name == "mail.example.jp");
  CHECK(all[0].address == "192.0.2.1");
  CHECK(all[0].last_seen - all[0].first_seen == std::chrono::hours(2));
  CHECK(all[1].problem == "no stored password");
}

TEST_CASE("the programs that people use are known after a restart") {
  Stage stage;
  stage.net.run(over_a_restart(stage));
}

Task<void> in_one_commit(Stage& stage) {
  Census census(*stage.store, stage.net.clock());
  net::TaskGroup group(stage.net.executor());
  group.spawn(census.run(group));
  const auto units = [&stage] { return stage.store->committer().counts().units; };
  const auto before = units();
  for (int i = 0; i < 10'000; ++i) {
    ClientSeen one = program("Thunderbird 128", stage.net.clock().wall());
    one.account = i % 100;
    census.saw(std::move(one));
  }
  co_await stage.net.timers.settle();
  CHECK(units() == before);
  co_await stage.net.timers.pass(std::chrono::minutes(1));
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (units() == before && std::chrono::steady_clock::now() < limit)
    co_await stage.net.timers.settle();
  CHECK(units() == before + 1);
  co_await stage.net.timers.pass(std::chrono::minutes(10));  // nobody logs in: nothing is written
  group.request_stop();
  co_await group.join();
  CHECK(units() == before + 1);
}

TEST_CASE("ten thousand log-ins are one write") {
  Stage stage;
  stage.net.run(in_one_commit(stage));
}

TEST_CASE("an account's programs are bounded, and who cannot log in pushes nobody out") {
  Stage stage;
  Census census(*stage.store, stage.net.clock());
  const WallTime now = stage.net.clock().wall();
  census.saw(program("oldest", now));
  for (int i = 0; i < 100; ++i)
    census.saw(program("stranger " + std::to_string(i), now + std::chrono::seconds(i),
                       "no stored password"));
  CHECK(names(census) == std::vector<std::string>{"oldest", "stranger 96", "stranger 97",
                                                  "stranger 98", "stranger 99"});
  for (int i = 0; i < 16; ++i)
    census.saw(program("good " + std::to_string(i), now + std::chrono::seconds(i + 1)));
  const auto all = names(census);
  CHECK(all.size() == 20);
  CHECK(std::ranges::count(all, "oldest") == 0);
  CHECK(std::ranges::count(all, "good 0") == 1);
  CHECK(std::ranges::count(all, "stranger 96") == 1);
}

Task<void> forgets(Stage& stage) {
  const WallTime now = stage.net.clock().wall();
  Census census(*stage.store, stage.net.clock());
  census.saw(program("of last year", now - std::chrono::days(91)));
  census.saw(program("of last month", now - std::chrono::days(30)));
  co_await write_down(stage, census);
  CHECK(names(census) == std::vector<std::string>{"of last month"});
  const Census again(*stage.store, stage.net.clock());
  CHECK(names(again) == std::vector<std::string>{"of last month"});
}

TEST_CASE("a program is forgotten 90 days after its last log-in") {
  Stage stage;
  stage.net.run(forgets(stage));
}

Task<void> tells_its_password(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  for (const std::string name : {"my geheim program", "bell \a and line"}) {
    stage.old_side.scripts.push_back(imap_login("\"tanaka\" \"geheim\""));
    Talker person = stage.person(Protocol::imap);
    (void)co_await person.line();
    co_await person.say("1 ID (\"name\" {" + std::to_string(name.size()) + "+}\r\n" + name +
                        ")\r\n2 LOGIN tanaka@example.jp geheim\r\n");
    (void)co_await person.answer("2 ");
    person.close();
    co_await stage.net.group.join();
  }
  const auto seen = stage.proxy->clients();
  REQUIRE(seen.size() == 2);
  CHECK(seen[0].client.empty());
  CHECK(seen[1].client == "bell \\x07 and line");
}

TEST_CASE("T-21 T-27 what a program says of itself is fit to be read, and never its password") {
  Stage stage;
  stage.net.run(tells_its_password(stage));
}

}  // namespace
}  // namespace tandem::session
