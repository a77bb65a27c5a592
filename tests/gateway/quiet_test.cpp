// Copies as mail (`mirror = quiet`), and what one refused copy does to the others.
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

const std::string aoki = "aoki@example.jp";  // home old, mirror new
const std::string letter = "Subject: hello\r\n\r\nHello.\r\n";

// Nobody can look into the new side's mailboxes.
config::MigrationSettings quiet_settings() {
  auto settings = gateway_settings();
  settings.gateway.mirror = config::Mirror::quiet;
  settings.new_side.imap.reset();
  return settings;
}

std::string mirror_of(Scene& scene, std::size_t at = 0) {
  return scene.gateway().recent(10, aoki).at(at).mirror;
}

Task<void> one_copy(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, aoki, letter);
  CHECK(reply.code == 250);
  const auto made = [&scene] { return mirror_of(scene) == "copied"; };
  co_await scene.until(made);
  REQUIRE(scene.new_home.messages.size() == 1);
  CHECK(scene.new_home.senders == std::vector<std::string>{""});
  CHECK(scene.new_home.recipients == std::vector<std::string>{aoki});
  CHECK(scene.new_home.last_rcpt.notify == "NEVER");
  // The bytes, with the same trace in front.
  CHECK(scene.new_home.messages[0] == scene.old_home.messages[0]);
}

// It may have arrived: not again before `in_doubt` is over, and the sender knows nothing of it.
Task<void> silence(Scene& scene) {
  scene.new_home.vanish_after_dot = true;
  scene.start_workers();
  const auto client = co_await scene.connect();
  const auto reply = co_await scene.send(*client, aoki, letter);
  CHECK(reply.code == 250);
  const auto arrived = [&scene] { return scene.new_home.messages.size() == 1; };
  co_await scene.until(arrived);
  scene.new_home.vanish_after_dot = false;
  const auto twice = [&scene] { return scene.new_home.messages.size() == 2; };
  const bool early = co_await scene.pass_until(twice, std::chrono::minutes(4));
  CHECK_FALSE(early);
  CHECK(mirror_of(scene) == "debt");
  const bool again = co_await scene.pass_until(twice, std::chrono::minutes(3));
  CHECK(again);
  const auto made = [&scene] { return mirror_of(scene) == "copied"; };
  co_await scene.until(made);
}

// The refused copy waits; the one behind it does not.
Task<void> one_refused(Scene& scene) {
  scene.new_home.end = smtp::make_reply(552, "5.3.4", "Too big");
  scene.start_workers();
  const auto client = co_await scene.connect();
  co_await scene.send(*client, aoki, letter);
  const auto debt = [&scene] { return mirror_of(scene) == "debt"; };
  co_await scene.until(debt);
  scene.new_home.end = smtp::make_reply(250, "2.0.0", "Ok");
  const auto reply = co_await scene.send(*client, aoki, "Subject: next\r\n\r\nNext.\r\n");
  CHECK(reply.code == 250);
  const auto made = [&scene] { return mirror_of(scene) == "copied"; };
  co_await scene.until(made);
  CHECK(mirror_of(scene, 1) == "debt");
}

}  // namespace

TEST_CASE("A quiet copy is a mail without a sender", "[gateway]") {
  Scene scene(quiet_settings());
  scene.net.run(one_copy(scene));
}

TEST_CASE("A quiet copy that was never answered waits until the doubt is over", "[gateway]") {
  Scene scene(quiet_settings());
  scene.net.run(silence(scene));
}

TEST_CASE("A refused copy does not hold up those behind it", "[gateway]") {
  Scene scene(quiet_settings());
  scene.net.run(one_refused(scene));
}

}  // namespace tandem::gateway
