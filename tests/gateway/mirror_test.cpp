// Several copies for one mailbox at once: what is there already is not appended (I2, R7).
#include <algorithm>
#include <fmt/core.h>

#include "tests/gateway/scene.hpp"
#include "tests/gateway/world.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;

const std::string aoki = "aoki@example.jp";
constexpr int messages = 23;  // more than are looked for in one search

std::string letter(int number) {
  return fmt::format("Subject: number {}\r\n\r\nbody\r\n", number);
}

Task<void> some_are_there(Scene& scene, World& world) {
  world.searchable[1] = false;
  scene.start_workers();
  const auto client = co_await scene.connect();
  for (int i = 0; i < messages; ++i) {
    const auto reply = co_await scene.send(*client, aoki, letter(i));
    REQUIRE(reply.code == 250);
  }
  const auto debts = [&] { return scene.gateway().queue(100).size() == messages; };
  co_await scene.until(debts);
  // The sync brings three of them meanwhile.
  const auto waiting = scene.gateway().queue(100);
  for (const int number : {0, 7, 15})
    world.inbox[aoki][1].push_back("Received: by gate.example with id " + waiting[number].trace_id +
                                   "\r\n");
  world.searchable[1] = true;
  const auto none = [&] { return scene.gateway().queue(100).empty(); };
  CHECK(co_await scene.pass_until(none, 10min));
  CHECK(world.copies[aoki].appended[1] == messages - 3);
  CHECK(world.copies[aoki].appended[0] == 0);
  for (const auto& one : waiting) {
    const auto has_it = [&](const std::string& message) {
      return message.find(one.trace_id) != std::string::npos;
    };
    CHECK(std::ranges::count_if(world.inbox[aoki][1], has_it) == 1);
  }
}

// A session that is kept looks only behind what it has seen; for an older message that is not
// enough.
Task<void> an_older_one_is_there(Scene& scene, World& world) {
  world.searchable[1] = false;
  scene.start_workers();
  const auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, aoki, letter(1));
  REQUIRE(reply.code == 250);
  const auto debts = [&](std::size_t count) {
    return [&, count] { return scene.gateway().queue(100).size() == count; };
  };
  co_await scene.until(debts(1));
  const std::string older = scene.gateway().queue(100).front().trace_id;
  world.inbox[aoki][1].push_back("Received: by gate.example with id " + older + "\r\n");
  world.searchable[1] = true;
  for (const int number : {2, 3}) {
    reply = co_await scene.send(*client, aoki, letter(number));
    REQUIRE(reply.code == 250);
    const auto copied = [&] { return world.copies[aoki].appended[1] == number - 1; };
    co_await scene.until(copied);
    co_await scene.until(debts(1));
  }
  const auto tried = co_await scene.gateway().retry(older, aoki);
  REQUIRE(tried);
  const auto none = [&] { return scene.gateway().queue(100).empty(); };
  CHECK(co_await scene.pass_until(none, 10s));
  CHECK(world.copies[aoki].appended[1] == 2);
  CHECK(world.log_ins == 1);
}

struct Sessions {
  int now = 0;
  int most = 0;
};

Task<void> serve_counted(World& world, net::StreamPtr stream, Sessions& sessions) {
  sessions.most = std::max(sessions.most, ++sessions.now);
  co_await world.serve_imap(std::move(stream), 1);
  --sessions.now;
}

Task<void> copies_for_two(Scene& scene, World& world, Sessions& sessions) {
  world.searchable[1] = false;
  scene.start_workers();
  const auto client = co_await scene.connect();
  for (const char* name : {"aoki@example.jp", "dai@example.jp"})
    for (int i = 0; i < messages; ++i) {
      const auto reply = co_await scene.send(*client, name, letter(i));
      REQUIRE(reply.code == 250);
    }
  const auto debts = [&] { return scene.gateway().queue(100).size() == 2 * messages; };
  co_await scene.until(debts);
  world.searchable[1] = true;
  sessions.most = 0;
  const auto none = [&] { return scene.gateway().queue(100).empty(); };
  CHECK(co_await scene.pass_until(none, 10min));
}

// How many sessions there were at the most beside each other, and how many are kept.
Sessions sessions_at_the_mirror(std::optional<unsigned> connections_per_address) {
  World world;
  Sessions sessions;
  net::TaskGroup* group = nullptr;
  const auto serve = [&](const std::string& side, net::StreamPtr& stream, net::Protocol protocol) {
    if (protocol != net::Protocol::imap) return false;
    if (side == "new")
      group->spawn(serve_counted(world, std::move(stream), sessions));
    else
      group->spawn(world.serve_imap(std::move(stream), 0));
    return true;
  };
  auto settings = gateway_settings();
  settings.new_side.connections_per_address = connections_per_address;
  Scene scene(settings, serve);
  group = &scene.net.group;
  Sessions seen;
  const auto look = [](Scene& in, World& with, Sessions& of, Sessions& at_the_end) -> Task<void> {
    co_await copies_for_two(in, with, of);
    at_the_end = of;
  };
  scene.net.run(look(scene, world, sessions, seen));
  for (const char* name : {"aoki@example.jp", "dai@example.jp"})
    CHECK(world.copies[name].appended[1] == messages);
  return seen;
}

void play(World& world, Task<void> (*run)(Scene&, World&)) {
  net::TaskGroup* group = nullptr;
  const auto serve = [&](const std::string& side, net::StreamPtr& stream, net::Protocol protocol) {
    if (protocol != net::Protocol::imap) return false;
    group->spawn(world.serve_imap(std::move(stream), side == "old" ? 0 : 1));
    return true;
  };
  Scene scene(gateway_settings(), serve);
  group = &scene.net.group;
  scene.net.run(run(scene, world));
}

}  // namespace

TEST_CASE(
    "gateway R7 I2: of several copies for a mailbox only those are appended that are missing") {
  World world;
  world.multiappend[1] = GENERATE(false, true);
  play(world, some_are_there);
}

TEST_CASE("gateway R7 I2: a kept session at the mirror finds what was there before its last look") {
  World world;
  play(world, an_older_one_is_there);
}

TEST_CASE("gateway: one session at a time where the mirror's host counts them per address") {
  auto seen = sessions_at_the_mirror(std::nullopt);
  CHECK(seen.most == 2);
  CHECK(seen.now == 2);
  seen = sessions_at_the_mirror(4);
  CHECK(seen.most == 1);
  CHECK(seen.now == 0);
}

}  // namespace tandem::gateway
