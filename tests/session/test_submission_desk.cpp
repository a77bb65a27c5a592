// Submission where a desk takes what the person sends (submission = gateway).
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;
using std::chrono::seconds;

const std::string plain = base64_encode(std::string("\0tanaka\0geheim", 14));

// Takes everything, and asks the person's server to say NOOP at each MAIL.
class Desk final : public migration::SubmissionDesk {
 public:
  struct Policy final : net::SmtpPolicy {
    Policy(Desk& owner, migration::Submitter submitter)
        : desk(owner), person(std::move(submitter)) {}
    Task<smtp::Reply> on_mail(smtp::MailCommand command) override {
      desk.senders.push_back(command.from);
      const auto reply = co_await person.client->noop();
      CHECK(reply);
      co_return smtp::make_reply(250, "2.1.0", "desk");
    }
    Task<smtp::Reply> on_rcpt(smtp::RcptCommand) override {
      co_return smtp::make_reply(250, "2.1.5", "desk");
    }
    Task<Result<void>> on_chunk(std::string_view chunk) override {
      desk.content += chunk;
      co_return Result<void>();
    }
    Task<std::vector<smtp::Reply>> on_end() override {
      std::vector<smtp::Reply> replies;
      replies.push_back(smtp::make_reply(250, "2.0.0", "desk has it"));
      co_return replies;
    }
    Task<void> on_abort() override { co_return; }
    Desk& desk;
    migration::Submitter person;
  };

  std::unique_ptr<net::SmtpPolicy> receive(migration::Submitter submitter, net::Stream&) override {
    who = submitter.address;
    home = submitter.home;
    helo = submitter.helo.name;
    server = submitter.endpoint.in_process;
    return std::make_unique<Policy>(*this, std::move(submitter));
  }

  std::string who, helo, server, content;
  migration::Side home{};
  std::vector<std::string> senders;
};

struct DeskStage : Stage {
  explicit DeskStage(bool bytes, config::Submission submission = config::Submission::gateway)
      : Stage(net::TlsMode::never, bytes) {
    auto chosen = settings();
    chosen.gateway.submission = submission;
    auto made = migration::Registry::open(*store, {chosen}, secrets, net.clock());
    REQUIRE(made);
    proxy.reset();
    registry = std::move(*made);
    const SessionParts parts{*registry, connector, net.clock(), offload, *store, nullptr, &desk};
    proxy = std::make_unique<SessionProxy>(parts, options());
  }
  Desk desk;
};

Script logged_in(const std::string& response) {
  return {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 AUTH PLAIN",
          "C: AUTH PLAIN " + response, "S: 235 2.7.0 ok"};
}

Task<void> greet(Talker& person) {
  (void)co_await person.line();
  co_await person.say("EHLO laptop\r\n");
  while ((co_await person.line()).starts_with("250-")) {
  }
}

const Script takes_one = {"C: NOOP", "S: 250 ok", "END"};

Task<void> desk_takes_it(DeskStage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {logged_in(plain) + takes_one};
  Talker person = stage.person(Protocol::submission);
  co_await greet(person);
  // Everything at once: nothing of it is lost, and nothing of it reaches the person's server.
  co_await person.say("AUTH PLAIN " + plain +
                      "\r\nMAIL FROM:<tanaka@example.jp>\r\nRCPT TO:<a@example.jp>\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.hear("250 2.1.0 desk");
  co_await person.hear("250 2.1.5 desk");
  co_await person.say("DATA\r\n");
  co_await person.hear("354 Send the message, end with CRLF.CRLF");
  co_await person.say("Subject: x\r\n\r\n..dot\r\n.\r\nQUIT\r\n");
  co_await person.hear("250 2.0.0 desk has it");
  CHECK((co_await person.all()).starts_with("221 "));
  CHECK(stage.desk.who == "tanaka@example.jp");
  CHECK(stage.desk.home == migration::Side::old_side);
  CHECK(stage.desk.server == "old");
  CHECK(stage.desk.helo == "laptop");
  CHECK(stage.desk.senders == std::vector<std::string>{"tanaka@example.jp"});
  CHECK(stage.desk.content == "Subject: x\r\n\r\n.dot\r\n");
  co_await stage.net.timers.settle();
  CHECK(stage.proxy->open_sessions() == 0);
}

Task<void> passed_on(DeskStage& stage) {
  co_await stage.import("tanaka@example.jp");
  stage.old_side.scripts = {logged_in(plain) +
                            Script{"C: MAIL FROM:<a@example.jp>", "S: 250 theirs", "END"}};
  Talker person = stage.person(Protocol::submission);
  co_await greet(person);
  co_await person.say("AUTH PLAIN " + plain + "\r\nMAIL FROM:<a@example.jp>\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.hear("250 theirs");
  CHECK(stage.desk.who.empty());
}

Task<void> drain(SessionProxy& proxy, migration::AccountId account,
                 std::optional<std::size_t>* ended) {
  *ended = co_await proxy.drain(account, seconds(10));
}

// A cut-over lets a message end; what comes after it goes to the new side, by a new log-in.
Task<void> kicked(DeskStage& stage) {
  co_await stage.import("tanaka@example.jp");
  const auto id = stage.id("tanaka@example.jp");
  stage.old_side.scripts = {logged_in(plain) + takes_one};
  stage.new_side.scripts = {
      logged_in(base64_encode(std::string("\0tanaka@example.jp\0geheim", 25))) + Script{"END"}};
  Talker person = stage.person(Protocol::submission);
  co_await greet(person);
  co_await person.say("AUTH PLAIN " + plain + "\r\n");
  co_await person.hear("235 2.7.0 Authentication succeeded");
  co_await person.say("MAIL FROM:<tanaka@example.jp>\r\nRCPT TO:<a@example.jp>\r\nDATA\r\n");
  co_await person.hear("250 2.1.0 desk");
  co_await person.hear("250 2.1.5 desk");
  co_await person.hear("354 Send the message, end with CRLF.CRLF");
  co_await stage.proxy->hold(id, seconds(30));
  std::optional<std::size_t> ended;
  stage.net.group.spawn(drain(*stage.proxy, id, &ended));
  co_await stage.net.timers.settle();
  CHECK_FALSE(ended);
  co_await person.say("Subject: x\r\n\r\nx\r\n.\r\n");
  co_await person.hear("250 2.0.0 desk has it");
  CHECK((co_await person.all()).starts_with("421 4.3.2 "));
  while (!ended) co_await stage.net.timers.settle();
  CHECK(*ended == 1);
  co_await stage.cut_over("tanaka@example.jp");
  co_await stage.proxy->release(id);
  Talker again = stage.person(Protocol::submission);
  co_await greet(again);
  co_await again.say("AUTH PLAIN " + plain + "\r\n");
  co_await again.hear("235 2.7.0 Authentication succeeded");
  co_await again.say("QUIT\r\n");
  CHECK((co_await again.all()).starts_with("221 "));
  CHECK(stage.desk.home == migration::Side::new_side);
  CHECK(stage.desk.server == "new");
}

void on_stages(Task<void> (*story)(DeskStage&),
               config::Submission submission = config::Submission::gateway) {
  for (const bool bytes : {false, true}) {
    DeskStage stage(bytes, submission);
    INFO((bytes ? "byte by byte" : "whole"));
    stage.net.run(story(stage));
    stage.net.run(stage.net.group.join());
    stage.check_backends();
  }
}

}  // namespace

TEST_CASE("Submission = gateway: after the log-in the desk has the conversation") {
  on_stages(desk_takes_it);
}
TEST_CASE("Submission = passthrough: the person's server has it, desk or not") {
  on_stages(passed_on, config::Submission::passthrough);
}
TEST_CASE(
    "T-32 Submission = gateway: a cut-over ends it between messages, then it is the new side") {
  on_stages(kicked);
}

}  // namespace tandem::session
