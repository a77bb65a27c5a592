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

}  // namespace tandem::gateway
