// A home that does not wait for ever: its session ends while a slow sender sends. It certainly has
// nothing, so the message goes over a new connection and no sender hears of it (R10).
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

const std::string letter = "Subject: slow\r\n\r\nbody\r\n";
const std::string aoki = "aoki@example.jp";
const std::string fuji = "fuji@example.jp";  // at the same server

Task<std::unique_ptr<net::SmtpClient>> began(Scene& scene) {
  auto client = co_await scene.connect();
  co_await say_mail(*client);
  co_await say_rcpt(*client, aoki);
  co_await say_rcpt(*client, fuji);
  co_return client;
}

Task<void> begins_content(Scene& scene, net::SmtpClient& client) {
  const auto go = co_await client.data_begin();
  REQUIRE(go);
  CHECK(go->code == 354);
  co_await scene.settle();
}

Task<void> lose_patience(Scene& scene, std::string words) {
  net::Stream& stream = *scene.old_home.stream;
  REQUIRE(co_await stream.write(words));
  stream.close();
  co_await scene.settle();
}

Task<smtp::Reply> ended(net::SmtpClient& client) {
  REQUIRE(co_await client.data_chunk(letter));
  const auto replies = co_await client.data_end();
  REQUIRE(replies);
  co_return replies->front();
}

Task<void> over_a_new_connection(Scene& scene, std::string words, bool before_data) {
  const auto client = co_await began(scene);
  scene.old_home.recipients.clear();
  if (before_data) co_await lose_patience(scene, words);
  co_await begins_content(scene, *client);
  if (!before_data) co_await lose_patience(scene, words);
  const auto reply = co_await ended(*client);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);
  CHECK(scene.old_home.connections == 2);
  const std::vector<std::string> both = {aoki, fuji};
  CHECK(scene.old_home.recipients == both);
}

Task<void> one_is_not_taken_any_more(Scene& scene) {
  const auto client = co_await began(scene);
  co_await begins_content(scene, *client);
  co_await lose_patience(scene, "421 4.4.2 Timeout\r\n");
  scene.old_home.rcpt[fuji] = smtp::make_reply(550, "5.1.1", "No such user");
  const auto reply = co_await ended(*client);
  CHECK(reply.code == 451);
  CHECK(scene.old_home.messages.empty());
}

Task<void> away_the_second_time(Scene& scene) {
  const auto client = co_await began(scene);
  co_await begins_content(scene, *client);
  scene.old_home.down = true;
  co_await lose_patience(scene, "");
  const auto reply = co_await ended(*client);
  CHECK(reply.code == 451);
  CHECK(reply.enhanced == "4.4.1");
  CHECK(scene.old_home.messages.empty());
}

Task<void> note_answer(net::SmtpClient& client, smtp::Reply* answer) {
  *answer = co_await ended(client);
}

// It did not end the session but lets us wait: it is not waited for twice.
Task<void> stalls(Scene& scene) {
  scene.old_home.data_pause = std::chrono::minutes(10);
  const auto client = co_await began(scene);
  co_await begins_content(scene, *client);
  smtp::Reply answer;
  scene.net.group.spawn(note_answer(*client, &answer));
  co_await scene.settle();
  co_await scene.net.timers.pass(std::chrono::seconds(121));  // RFC 5321 4.5.3.2.4
  co_await scene.settle();
  CHECK(answer.code == 451);
  CHECK(scene.old_home.connections == 1);
  CHECK(scene.old_home.messages.empty());
}

// The home waits for content already, so that only the end of its session takes it back.
Task<void> refused_by_us(Scene& scene) {
  std::string looping;
  for (int i = 0; i < 31; ++i)
    looping += "Received: from a by b; Tue, 24 Nov 2026 10:00:00 +0900\r\n";
  const auto client = co_await scene.connect();
  auto reply = co_await scene.send(*client, aoki, looping + letter);
  CHECK(reply.code == 554);
  co_await scene.settle();
  CHECK(scene.old_home.open == 0);
  CHECK(scene.old_home.messages.empty());
  reply = co_await scene.send(*client, aoki, letter);
  CHECK(reply.code == 250);
  CHECK(scene.old_home.messages.size() == 1);
}

}  // namespace

TEST_CASE("gateway R10: a home that ends its session before the dot gets the message once more") {
  const std::string words = GENERATE("", "421 4.4.2 Timeout\r\n");
  const bool before_data = GENERATE(true, false);  // else behind its 354
  CAPTURE(words, before_data);
  Scene scene;
  scene.net.run(over_a_new_connection(scene, words, before_data));
}
TEST_CASE("gateway R10: nobody gets it when one of two is not taken any more") {
  Scene scene;
  scene.net.run(one_is_not_taken_any_more(scene));
}
TEST_CASE("gateway R10: a home that is away the second time is 451") {
  Scene scene;
  scene.net.run(away_the_second_time(scene));
}
TEST_CASE("gateway R13: a home that stalls at DATA is not waited for twice") {
  Scene scene;
  scene.net.run(stalls(scene));
}
TEST_CASE("gateway: a message refused after DATA was said to its home ends that connection") {
  Scene scene;
  scene.net.run(refused_by_us(scene));
}

}  // namespace tandem::gateway
