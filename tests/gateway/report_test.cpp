// Who is told what when something that was accepted cannot be delivered (R6, T-36).
#include "tests/gateway/scene.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;
using smtp::make_reply;

const std::string letter = "Subject: hello\r\nMessage-ID: <1@x>\r\n\r\nbody\r\n";
const std::string aoki = "aoki@example.jp";  // home old
const std::string baba = "baba@example.jp";  // home new

std::vector<std::string> both() {
  return {aoki, baba};
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Task<void> refusal_is_reported(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(550, "5.7.1", "looks like spam");
  const auto reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 250);
  CHECK(scene.state_of(baba) == "returned");
  co_await scene.until_state(scene.sender, "delivered");
  REQUIRE(scene.outside.messages.size() == 1);
  CHECK(scene.outside.senders == std::vector<std::string>{""});
  CHECK(scene.outside.recipients == std::vector{scene.sender});
  const std::string& report = scene.outside.messages[0];
  CHECK(report.starts_with("Received: from gate.example"));
  CHECK(holds(report, "multipart/report"));
  CHECK(holds(report, "Auto-Submitted: auto-replied"));
  CHECK(holds(report, "Final-Recipient: rfc822; baba@example.jp"));
  CHECK(holds(report, "Status: 5.7.1"));
  CHECK(holds(report, "looks like spam"));
  CHECK(holds(report, "Message-ID: <1@x>"));
  CHECK_FALSE(holds(report, "aoki@example.jp"));
  CHECK(scene.gateway().counts("").returned == 1);
  CHECK_FALSE(scene.waiting(baba));
  co_await scene.net.timers.pass(90s);
  CHECK(scene.outside.messages.size() == 1);
}

Task<void> colleague_is_told_at_home(Scene& scene) {
  scene.start_workers();
  scene.sender = "chiba@example.jp";
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  co_await scene.send(*client, both(), letter);
  co_await scene.until_state("chiba@example.jp", "delivered");
  CHECK(scene.old_home.recipients == std::vector<std::string>{aoki, "chiba@example.jp"});
  CHECK(scene.outside.messages.empty());
}

Task<void> nobody_to_tell(Scene& scene) {
  scene.start_workers();
  scene.sender = "";
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  const auto reply = co_await scene.send(*client, both(), letter);
  CHECK(reply.code == 250);
  CHECK(scene.state_of(baba) == "quarantined");
  co_await scene.net.timers.pass(90s);
  CHECK(scene.outside.messages.empty());
  const auto waiting = scene.waiting(baba);
  REQUIRE(waiting);
  CHECK(waiting->kind == "quarantined");
  CHECK_FALSE(waiting->due);
  // A person can have it tried again: its bytes are still there.
  scene.new_home.end = make_reply(250, "2.0.0", "Ok");
  const auto done = co_await scene.gateway().retry(waiting->trace_id, baba);
  CHECK(done);
  co_await scene.until_state(baba, "delivered");
  CHECK(scene.new_home.messages == scene.old_home.messages);
}

Task<void> given_up_after_days(Scene& scene) {
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(451, "4.3.0", "still not");
  co_await scene.send(*client, both(), letter);
  scene.net.timers.advance(95h);
  const auto tried = [&] { return scene.tried(baba); };
  CHECK(co_await scene.pass_until(tried, 60s));
  const auto told_late = [&] { return scene.outside.messages.size() == 1; };
  CHECK(co_await scene.pass_until(told_late, 60s));
  CHECK(scene.state_of(baba) == "owed");
  scene.net.timers.advance(2h);  // the worker may be between two looks
  const auto told = [&] { return scene.outside.messages.size() == 2; };
  CHECK(co_await scene.pass_until(told, 60s));
  CHECK(scene.state_of(baba) == "returned");
  REQUIRE(scene.outside.messages.size() == 2);
  CHECK(holds(scene.outside.messages[0], "Action: delayed"));
  CHECK(holds(scene.outside.messages[1], "Status: 5.4.7"));
  CHECK(holds(scene.outside.messages[1], "still not"));
}

Task<void> report_that_is_refused(Scene& scene) {
  // A report about a report there is not: it is quarantined.
  scene.start_workers();
  const auto client = co_await scene.connect();
  scene.new_home.end = make_reply(550, "5.7.1", "no");
  scene.outside.rcpt[scene.sender] = make_reply(550, "5.1.1", "unknown");
  co_await scene.send(*client, both(), letter);
  co_await scene.until_state(scene.sender, "quarantined");
  const auto waiting = scene.waiting(scene.sender);
  REQUIRE(waiting);
  CHECK_FALSE(waiting->report_on.empty());
  CHECK(scene.outside.messages.empty());
}

Task<void> other_domains_are_not_relayed(Scene& scene) {
  // What was owed before its domain left the settings does not go out by MX.
  const MessageRecord message{.trace = new_trace_id(), .at = scene.net.clock().wall()};
  store::BlobDraft body = scene.store().draft();
  REQUIRE(body.append(letter));
  std::vector<RecipientRecord> rows;
  rows.push_back({.trace = message.trace,
                  .recipient = "somebody@gone.example",
                  .home_state = HomeState::owed,
                  .replay = std::string(32, 'r')});
  Journal journal(scene.store());
  const auto stored = co_await journal.begin(message, std::move(rows), std::move(body));
  REQUIRE(stored);
  scene.start_workers();
  const auto tried = [&] { return scene.tried("somebody@gone.example"); };
  co_await scene.until(tried);
  CHECK(scene.outside.messages.empty());
}

}  // namespace

TEST_CASE("gateway R6: a final refusal among yeses is reported to the sender, once") {
  Scene scene;
  scene.net.run(refusal_is_reported(scene));
}
TEST_CASE("gateway R14: a sender of ours is told at his home, never by MX") {
  Scene scene;
  scene.net.run(colleague_is_told_at_home(scene));
}
TEST_CASE("T-36 gateway: a null sender gets no report; the message is quarantined") {
  Scene scene;
  scene.net.run(nobody_to_tell(scene));
}
TEST_CASE("gateway: what is owed for four days is given up, and the sender is told") {
  Scene scene;
  scene.net.run(given_up_after_days(scene));
}
TEST_CASE("T-36 gateway: a report that cannot be delivered causes no other") {
  Scene scene;
  scene.net.run(report_that_is_refused(scene));
}
TEST_CASE("T-34 gateway: what is owed to a domain that is not ours any more is not relayed") {
  Scene scene;
  scene.net.run(other_domains_are_not_relayed(scene));
}

}  // namespace tandem::gateway
