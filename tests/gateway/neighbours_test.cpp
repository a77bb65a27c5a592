// What comes from the migrations' own mail servers (R14, T-35), and who waits for the banner
// (T-13).
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

const std::string old_address = "192.0.2.1";
const std::string new_address = "192.0.2.2";
const std::string mail = "Subject: hello\r\n\r\nHello.\r\n";

// The fakes are reached in this process, and have addresses to come from.
config::MigrationSettings with_addresses() {
  auto settings = gateway_settings();
  settings.old_side.smtp->host = old_address;
  settings.new_side.smtp->host = new_address;
  return settings;
}

// The addresses are literals: looked up as soon as the workers have begun.
Task<std::unique_ptr<net::SmtpClient>> come_from(Scene& scene, std::string address) {
  scene.start_workers();
  co_await scene.settle();
  co_return co_await scene.connect(std::move(address));
}

Task<void> loop_goes_to_the_other_side(Scene& scene) {
  const auto client = co_await come_from(scene, old_address);
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.empty());
  CHECK(scene.new_home.messages.size() == 1);
  // Its reader gets the copy.
  co_await scene.settle();
  const auto rows = scene.gateway().recent(10, "aoki@example.jp");
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].mirror != "none");
}

Task<void> loop_ends_where_the_other_side_refuses(Scene& scene) {
  scene.new_home.rcpt["aoki@example.jp"] = smtp::make_reply(550, "5.1.1", "Unknown");
  const auto client = co_await come_from(scene, old_address);
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 554);
  CHECK(reply.to_string().find("5.4.6") != std::string::npos);
  CHECK(scene.old_home.messages.empty());
}

Task<void> a_busy_other_side_is_asked_again(Scene& scene) {
  scene.new_home.rcpt["aoki@example.jp"] = smtp::make_reply(450, "4.2.1", "Later");
  const auto client = co_await come_from(scene, old_address);
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 450);
}

// What of it becomes ours goes to the other side too, not back to where it came from.
Task<void> what_is_owed_does_not_go_back(Scene& scene) {
  auto client = co_await come_from(scene, old_address);
  auto reply = co_await scene.send(*client, "baba@example.jp", mail);  // home new
  CHECK(reply.code == 250);
  client->close();  // whether it read that, nobody knows
  client = co_await scene.connect(old_address);
  scene.new_home.end = smtp::make_reply(451, "4.3.0", "try later");
  const std::vector<std::string> both = {"aoki@example.jp", "baba@example.jp"};
  reply = co_await scene.send(*client, both, mail);
  CHECK(reply.code == 250);
  REQUIRE(scene.waiting("aoki@example.jp"));
  CHECK(scene.waiting("aoki@example.jp")->side == Side::new_side);
  scene.new_home.end = smtp::make_reply(250, "2.0.0", "Ok");
  const auto arrived = [&] { return scene.state_of("aoki@example.jp") == "delivered"; };
  CHECK(co_await scene.pass_until(arrived, std::chrono::minutes(2)));
  CHECK(scene.new_home.messages.size() == 2);
  CHECK(scene.old_home.messages.empty());
}

// From the mirror side it is an ordinary message, as it is from anybody else.
Task<void> no_loop(Scene& scene, std::string address) {
  const auto client = co_await come_from(scene, std::move(address));
  const auto reply = co_await scene.send(*client, "aoki@example.jp", mail);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.new_home.messages.empty());
}

// Talks at once; the first line it gets back.
Task<std::string> talk_early(Scene& scene, std::string address) {
  auto [ours, theirs] = net::make_memory_pair(scene.net.executor());
  theirs->set_peer(std::move(address), 25);
  const auto said = co_await ours->write("EHLO early.example\r\n");
  REQUIRE(said);
  scene.net.group.spawn(scene.gateway().serve(std::move(theirs), nullptr, scene.net.group));
  std::string buffer(200, '\0');
  const std::span<char> room(buffer);
  const auto count = co_await ours->read_some(room);
  REQUIRE(count);
  ours->close();
  co_return buffer.substr(0, 4);
}

Task<void> strangers_wait(Scene& scene) {
  scene.start_workers();
  co_await scene.settle();
  const auto stranger = co_await talk_early(scene, "198.51.100.7");
  CHECK(stranger == "554 ");
  const auto backend = co_await talk_early(scene, old_address);
  CHECK(backend == "220 ");
  const auto here = co_await talk_early(scene, "127.0.0.1");
  CHECK(here == "220 ");
}

}  // namespace

TEST_CASE("T-35 mail from the home side's own server goes to the other side", "[gateway]") {
  Scene scene(with_addresses());
  scene.net.run(loop_goes_to_the_other_side(scene));
}

TEST_CASE("T-35 what is owed of it does not go back either", "[gateway]") {
  Scene scene(with_addresses());
  scene.net.run(what_is_owed_does_not_go_back(scene));
}

TEST_CASE("T-35 it is a loop where the other side does not know the recipient", "[gateway]") {
  Scene scene(with_addresses());
  scene.net.run(loop_ends_where_the_other_side_refuses(scene));
}

TEST_CASE("T-35 a temporary refusal of the other side stays one", "[gateway]") {
  Scene scene(with_addresses());
  scene.net.run(a_busy_other_side_is_asked_again(scene));
}

TEST_CASE("T-35 mail from the mirror side or a stranger is no loop", "[gateway]") {
  const auto address = GENERATE(std::string("192.0.2.2"), std::string("198.51.100.7"));
  Scene scene(with_addresses());
  scene.net.run(no_loop(scene, address));
}

TEST_CASE("T-13 strangers wait for the gateway's banner; the sides and this machine do not",
          "[gateway]") {
  Scene scene(with_addresses(), {}, {}, std::chrono::seconds(2));
  scene.net.run(strangers_wait(scene));
}

}  // namespace tandem::gateway
