// What a sender asks of reports (RFC 3461): passed on where the home sides take it, obeyed in our
// own reports.
#include <algorithm>

#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;

const std::string letter = "Subject: hello\r\n\r\nthe body\r\n";
const std::string aoki = "aoki@example.jp";  // home old
const std::string baba = "baba@example.jp";  // home new

struct Asked {
  std::string ret, envid, notify, orcpt;
};

std::vector<std::string> both() {
  return {aoki, baba};
}
std::vector<std::string> only_aoki() {
  return {aoki};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// The gateway has spoken to both homes once.
Task<void> make_known(Scene& scene) {
  const auto client = co_await scene.connect();
  CHECK_FALSE(client->capabilities().dsn);
  std::vector<std::string> both{aoki, baba};
  const auto reply = co_await scene.send(*client, std::move(both), letter);
  CHECK(reply.code == 250);
  co_await client->quit();
}

Task<smtp::Reply> send_asking(Scene& scene, std::vector<std::string> to, Asked asked) {
  const auto client = co_await scene.connect();
  CHECK(client->capabilities().dsn);
  smtp::MailCommand mail{.from = scene.sender, .ret = asked.ret, .envid = asked.envid};
  const auto begun = co_await client->mail(std::move(mail));
  REQUIRE(begun);
  CHECK(begun->positive());
  for (const auto& one : to) {
    smtp::RcptCommand rcpt{one, asked.notify, asked.orcpt};
    const auto taken = co_await client->rcpt(std::move(rcpt));
    REQUIRE(taken);
    CHECK(taken->positive());
  }
  REQUIRE(co_await client->data_begin());
  REQUIRE(co_await client->data_chunk(letter + "again\r\n"));
  const auto replies = co_await client->data_end();
  REQUIRE(replies);
  co_await client->quit();
  co_return replies->front();
}

Task<void> passed_on(Scene& scene) {
  co_await make_known(scene);
  Asked asked{"HDRS", "QQ+2B314", "SUCCESS,FAILURE", "rfc822;Aoki+40example.jp"};
  const auto reply = co_await send_asking(scene, only_aoki(), std::move(asked));
  CHECK(reply.code == 250);
  CHECK(scene.old_home.last_mail.ret == "HDRS");
  CHECK(scene.old_home.last_mail.envid == "QQ+2B314");
  CHECK(scene.old_home.last_rcpt.notify == "SUCCESS,FAILURE");
  CHECK(scene.old_home.last_rcpt.orcpt == "rfc822;Aoki+40example.jp");
}

Task<void> not_offered(Scene& scene) {
  scene.new_home.dsn = false;
  co_await make_known(scene);
  const auto client = co_await scene.connect();
  CHECK_FALSE(client->capabilities().dsn);
}

Task<void> in_our_report(Scene& scene) {
  scene.start_workers();
  co_await make_known(scene);
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  Asked asked{"FULL", "QQ+2B314", "FAILURE", "rfc822;Baba+40example.jp"};
  const auto reply = co_await send_asking(scene, both(), std::move(asked));
  CHECK(reply.code == 250);
  co_await scene.until_state(scene.sender, "delivered");
  REQUIRE(scene.outside.messages.size() == 1);
  const std::string& report = scene.outside.messages[0];
  CHECK(holds(report, "Original-Envelope-Id: QQ+314"));
  CHECK(holds(report, "Original-Recipient: rfc822; Baba@example.jp"));
  CHECK(holds(report, "the body\r\nagain"));
  CHECK(scene.outside.last_rcpt.notify == "NEVER");
}

// What is owed is asked for again with the sender's wishes.
Task<void> owed_with_wishes(Scene& scene) {
  scene.start_workers();
  co_await make_known(scene);
  scene.new_home.end = make_reply(451, "4.3.0", "later");
  Asked asked{"", "X1", "SUCCESS", ""};
  const auto reply = co_await send_asking(scene, both(), std::move(asked));
  CHECK(reply.code == 250);
  scene.new_home.last_rcpt = {};
  scene.new_home.end = make_reply(250, "2.0.0", "Ok");
  const auto delivered = [&] { return scene.state_of(baba) == "delivered"; };
  CHECK(co_await scene.pass_until(delivered, std::chrono::minutes(10)));
  CHECK(scene.new_home.last_rcpt.notify == "SUCCESS");
  CHECK(scene.new_home.last_mail.envid == "X1");
}

Task<void> no_report(Scene& scene, std::string notify, std::string envid) {
  scene.start_workers();
  co_await make_known(scene);
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  Asked asked{"", std::move(envid), std::move(notify), ""};
  const auto reply = co_await send_asking(scene, both(), std::move(asked));
  CHECK(reply.code == 250);
  CHECK(scene.state_of(baba) == "quarantined");
  co_await scene.net.timers.pass(std::chrono::seconds(90));
  CHECK(scene.outside.messages.empty());
}

std::size_t reports_of_delay(const Scene& scene) {
  return static_cast<std::size_t>(std::ranges::count_if(
      scene.outside.messages,
      [](const std::string& report) { return holds(report, "Action: delayed\r\n"); }));
}

// Time passes, at least an attempt each hour.
Task<void> pass_hours(Scene& scene, int hours) {
  for (int hour = 0; hour < hours; ++hour) {
    scene.net.timers.advance(std::chrono::minutes(60));
    co_await scene.settle();
  }
}

Task<void> told_once_that_it_is_late(Scene& scene) {
  scene.start_workers();
  co_await make_known(scene);
  scene.new_home.end = make_reply(451, "4.3.0", "later");
  Asked asked{"FULL", "X1", "", ""};
  const auto reply = co_await send_asking(scene, both(), std::move(asked));
  CHECK(reply.code == 250);
  co_await pass_hours(scene, 3);
  CHECK(scene.outside.messages.empty());
  co_await pass_hours(scene, 24);
  REQUIRE(scene.outside.messages.size() == 1);
  const std::string& report = scene.outside.messages[0];
  CHECK(holds(report, "Action: delayed\r\n"));
  CHECK(holds(report, "Status: 4.3.0\r\n"));
  CHECK(holds(report, "Will-Retry-Until: "));
  CHECK(holds(report, "Original-Envelope-Id: X1"));
  CHECK_FALSE(holds(report, "the body"));  // RFC 3461 4.3: RET is of failures
  CHECK(scene.outside.last_mail.from.empty());
  CHECK(scene.waiting(baba)->kind == "owed");
  scene.new_home.end = make_reply(250, "2.0.0", "Ok");
  const auto delivered = [&] { return scene.state_of(baba) == "delivered"; };
  CHECK(co_await scene.pass_until(delivered, std::chrono::minutes(70)));
  CHECK(scene.outside.messages.size() == 1);
}

Task<void> told_only_who_wants_it(Scene& scene) {
  scene.start_workers();
  co_await make_known(scene);
  scene.new_home.end = make_reply(451, "4.3.0", "later");
  for (const char* notify : {"FAILURE", "NEVER", "SUCCESS,DELAY"}) {
    Asked asked{"", notify, notify, ""};
    const auto reply = co_await send_asking(scene, both(), std::move(asked));
    CHECK(reply.code == 250);
  }
  const std::string from = std::exchange(scene.sender, "");
  Asked nobody{"", "null", "", ""};
  const auto reply = co_await send_asking(scene, both(), std::move(nobody));
  CHECK(reply.code == 250);
  co_await pass_hours(scene, 24);
  CHECK(reports_of_delay(scene) == 1);
  REQUIRE(scene.outside.messages.size() == 1);
  CHECK(holds(scene.outside.messages[0], "Original-Envelope-Id: SUCCESS,DELAY"));
  CHECK(scene.outside.last_rcpt.to == from);
}

// xtext can hold a line end: it must not become one of the report (T-21).
Task<void> forged_line(Scene& scene) {
  scene.start_workers();
  co_await make_known(scene);
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  Asked asked{"", "a+0D+0AX-Forged:+20yes", "", "rfc822;a+0D+0AX-Forged:+20yes"};
  const auto reply = co_await send_asking(scene, both(), std::move(asked));
  CHECK(reply.code == 250);
  co_await scene.until_state(scene.sender, "delivered");
  REQUIRE(scene.outside.messages.size() == 1);
  CHECK_FALSE(holds(scene.outside.messages[0], "X-Forged"));
}

}  // namespace

TEST_CASE("gateway RFC 3461: what is asked of reports goes to home sides that offer DSN") {
  Scene scene;
  scene.net.run(passed_on(scene));
}
TEST_CASE("gateway R16: DSN is announced when each home side offers it") {
  Scene scene;
  scene.net.run(not_offered(scene));
}
TEST_CASE("gateway RFC 3461: our report knows envelope and original recipient, and RET") {
  Scene scene;
  scene.net.run(in_our_report(scene));
}
TEST_CASE("gateway RFC 3461: what is owed keeps the sender's wishes") {
  Scene scene;
  scene.net.run(owed_with_wishes(scene));
}
TEST_CASE("gateway RFC 3461: NOTIFY without FAILURE: no report; the message waits for a person") {
  for (const char* notify : {"NEVER", "SUCCESS,DELAY"}) {
    Scene scene;
    scene.net.run(no_report(scene, notify, ""));
  }
}
TEST_CASE("gateway RFC 3461: a sender is told once that his message is late, and until when") {
  Scene scene;
  scene.net.run(told_once_that_it_is_late(scene));
}
TEST_CASE("T-36 gateway RFC 3461: no report of a delay to who does not want it, or to nobody") {
  Scene scene;
  scene.net.run(told_only_who_wants_it(scene));
}
TEST_CASE("T-21 gateway: a line end in ENVID or ORCPT is none in the report") {
  Scene scene;
  scene.net.run(forged_line(scene));
}

}  // namespace tandem::gateway
