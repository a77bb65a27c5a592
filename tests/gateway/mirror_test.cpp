// Several copies for one mailbox at once: what is there already is not appended (I2, R7).
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
    world.inbox[aoki][1] +=
        "Received: by gate.example with id " + waiting[number].trace_id + "\r\n";
  world.searchable[1] = true;
  const auto none = [&] { return scene.gateway().queue(100).empty(); };
  CHECK(co_await scene.pass_until(none, 10min));
  CHECK(world.copies[aoki].appended[1] == messages - 3);
  CHECK(world.copies[aoki].appended[0] == 0);
  for (const auto& one : waiting) {
    const std::string& there = world.inbox[aoki][1];
    const auto found = there.find(one.trace_id);
    CHECK(found != std::string::npos);
    CHECK(there.find(one.trace_id, found + 1) == std::string::npos);
  }
}

}  // namespace

TEST_CASE(
    "gateway R7 I2: of several copies for a mailbox only those are appended that are missing") {
  World world;
  net::TaskGroup* group = nullptr;
  const auto serve = [&](const std::string& side, net::StreamPtr& stream, net::Protocol protocol) {
    if (protocol != net::Protocol::imap) return false;
    group->spawn(world.serve_imap(std::move(stream), side == "old" ? 0 : 1));
    return true;
  };
  Scene scene(gateway_settings(), serve);
  group = &scene.net.group;
  scene.net.run(some_are_there(scene, world));
}

}  // namespace tandem::gateway
