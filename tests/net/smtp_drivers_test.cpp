// serve_smtp and SmtpClient against each other, and serve_smtp against raw bytes, over memory
// pairs.
#include <string>

#include <catch2/catch.hpp>

#include "lib/net/smtp_client.hpp"
#include "lib/net/smtp_server_driver.hpp"
#include "tests/support/run.hpp"

namespace tandem::net {
namespace {

struct NotingPolicy : SmtpPolicy {
  Task<smtp::Reply> on_mail(smtp::MailCommand command) override {
    from = command.from;
    co_return smtp::make_reply(250, "2.1.0", "ok");
  }
  Task<smtp::Reply> on_rcpt(smtp::RcptCommand command) override {
    if (command.to.starts_with("no")) co_return smtp::make_reply(550, "5.1.1", "unknown");
    ++recipients;
    co_return smtp::make_reply(250, "2.1.5", "ok");
  }
  Task<Result<void>> on_chunk(std::string_view chunk) override {
    message += chunk;
    largest = std::max(largest, chunk.size());
    co_return Result<void>();
  }
  Task<std::vector<smtp::Reply>> on_end() override {
    ++messages;
    std::vector<smtp::Reply> replies(recipients, smtp::make_reply(250, "2.0.0", "taken"));
    co_return replies;
  }
  Task<void> on_abort() override {
    ++aborts;
    co_return;
  }
  void on_answer_read() override { ++answers_read; }
  Task<sasl::Answer> on_auth(sasl::Request request) override {
    if (request.secret == "pencil") co_return sasl::Answer::accept();
    co_return sasl::Answer::refuse();
  }

  std::string from, message;
  std::size_t recipients = 0, largest = 0;
  int messages = 0, aborts = 0, answers_read = 0;
};

SmtpServerOptions server_options() {
  SmtpServerOptions options;
  options.protocol.host = "mx.example";
  options.protocol.auth_mechanisms = {"PLAIN"};
  options.protocol.auth_without_tls = true;
  return options;
}

SmtpClientOptions client_options() {
  SmtpClientOptions options;
  options.protocol.host = "us.example";
  options.protocol.tls = smtp::ClientOptions::Tls::never;
  options.protocol.secret_without_tls = true;
  return options;
}

Task<void> serve(StreamPtr stream, SmtpServerOptions options, SmtpPolicy& policy) {
  co_await serve_smtp(*stream, options, policy);
}

Task<std::string> read_all(Stream& stream) {
  std::string all;
  char room[4096];
  while (true) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return all;
    all.append(room, *count);
  }
}

Task<void> whole_session(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor(), 1024);
  NotingPolicy policy;
  net.group.spawn(serve(std::move(far), server_options(), policy));
  SmtpClientOptions options = client_options();
  options.protocol.credentials = sasl::Credentials{.user = "tim", .password = "pencil"};
  SmtpClient client;
  const auto opened = co_await client.open(std::move(near), options);
  REQUIRE(opened);
  CHECK(opened->code == 235);
  smtp::MailCommand mail;
  mail.from = "a@x.example";
  REQUIRE((co_await client.mail(mail))->positive());
  smtp::RcptCommand good, bad;
  good.to = "b@x.example";
  bad.to = "no@x.example";
  CHECK((co_await client.rcpt(bad))->to_string() == "550 5.1.1 unknown");
  CHECK((co_await client.rcpt(good))->positive());
  CHECK((co_await client.data_begin())->code == 354);
  const std::string body = "Subject: x\n\n" + std::string(200000, '.') + "\n.\n";
  REQUIRE(co_await client.data_chunk(body));
  const auto end = co_await client.data_end();
  REQUIRE(end);
  CHECK(end->front().to_string() == "250 2.0.0 taken");
  CHECK((co_await client.rset())->positive());
  co_await client.quit();
  CHECK_FALSE(client.usable());
  co_await net.group.join();
  CHECK(policy.message == "Subject: x\r\n\r\n" + std::string(200000, '.') + "\r\n.\r\n");
  CHECK(policy.largest <= 65536);
  CHECK(policy.messages == 1);
  CHECK(policy.aborts == 0);
  CHECK(policy.answers_read == 1);
}

// Everything up to and with the dot and what follows it in the same breath; then, when all answers
// are there, `later`. How often it was proved that an answer had been read.
Task<int> answers_read(test::TestNet& net, std::string breath, std::string later) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  TaskGroup session(net.executor());
  session.spawn(serve(std::move(far), server_options(), policy));
  for (const std::string& bytes :
       {std::string("EHLO x\r\n"), std::string("MAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA\r\n"),
        std::move(breath), std::move(later)}) {
    co_await net.timers.settle();
    if (!bytes.empty()) REQUIRE(co_await near->write(bytes));
  }
  co_await net.timers.settle();
  near->close();
  co_await session.join();
  CHECK(policy.messages >= 1);
  co_return policy.answers_read;
}

Task<void> proofs(test::TestNet& net) {
  CHECK(co_await answers_read(net, "x\r\n.\r\n", "QUIT\r\n") == 1);
  CHECK(co_await answers_read(net, "x\r\n.\r\n", "NOOP\r\n") == 1);
  CHECK(co_await answers_read(net, "x\r\n.\r\n", "") == 0);
  CHECK(co_await answers_read(net, "x\r\n.\r\nQUIT\r\n", "") == 0);
  // The content after a 354 is said by one who has read what was answered before it.
  CHECK(co_await answers_read(net, "x\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<b@x>\r\nDATA\r\n",
                              "y\r\n.\r\n") == 1);
}

Task<void> lmtp_group(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  SmtpServerOptions server = server_options();
  server.protocol.lmtp = true;
  net.group.spawn(serve(std::move(far), server, policy));
  SmtpClientOptions options = client_options();
  options.protocol.lmtp = true;
  SmtpClient client;
  const auto opened = co_await client.open(std::move(near), options);
  REQUIRE(opened);
  smtp::MailCommand mail;
  std::vector<smtp::RcptCommand> rcpts(3);
  rcpts[0].to = "b@x";
  rcpts[1].to = "no@x";
  rcpts[2].to = "c@x";
  const auto replies = co_await client.envelope(mail, rcpts, true);
  REQUIRE(replies);
  CHECK(replies->size() == 5);
  REQUIRE(co_await client.data_chunk("x\r\n"));
  const auto end = co_await client.data_end();
  REQUIRE(end);
  CHECK(end->size() == 2);
  co_await client.quit();
  co_await net.group.join();
}

Task<void> stop_between(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  TaskGroup sessions(net.executor());
  SmtpServerOptions options = server_options();
  options.group = &sessions;
  sessions.spawn(serve(std::move(far), options, policy));
  co_await net.timers.settle();
  sessions.request_stop();
  co_await net.timers.pass(std::chrono::milliseconds(1));
  const std::string all = co_await read_all(*near);
  CHECK(all.find("421 4.3.2") != std::string::npos);
  near->close();
  co_await sessions.join();
}

Task<void> time_out(test::TestNet& net, Duration step, Duration total, std::string_view expected) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  net.group.spawn(serve(std::move(far), server_options(), policy));
  Duration passed{0};
  for (; passed < total; passed += step) {
    (void)co_await near->write("N");
    co_await net.timers.pass(step);
  }
  const std::string all = co_await read_all(*near);
  CHECK(all.find(expected) != std::string::npos);
  near->close();
  co_await net.group.join();
}

Task<void> early_talker(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  SmtpServerOptions options = server_options();
  options.greet_pause = std::chrono::seconds(1);
  REQUIRE(co_await near->write("EHLO x\r\n"));
  net.group.spawn(serve(std::move(far), options, policy));
  const std::string all = co_await read_all(*near);
  CHECK(all == "554 5.5.1 You spoke before the greeting\r\n");
  near->close();
  co_await net.group.join();
}

Task<void> until_data(Stream& near) {
  char room[4096];
  for (const std::string_view line :
       {"EHLO c\r\n", "MAIL FROM:<a@x>\r\n", "RCPT TO:<b@x>\r\n", "DATA\r\n"}) {
    REQUIRE(co_await near.read_some(room));
    REQUIRE(co_await near.write(line));
  }
  REQUIRE(co_await near.read_some(room));
}

// A line of 70 bytes every `pause`, for ten minutes.
Task<void> trickle(test::TestNet& net, Duration pause, bool& closed) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  net.group.spawn(serve(std::move(far), server_options(), policy));
  co_await until_data(*near);
  const std::string line = std::string(68, 'x') + "\r\n";
  for (Duration passed{0}; passed < std::chrono::minutes(10); passed += pause) {
    co_await net.timers.pass(pause);
    if (!near->is_open() || near->has_input()) break;
    (void)co_await near->write(line);
  }
  closed = near->has_input();
  if (closed) CHECK(co_await read_all(*near) == "421 4.4.2 mx.example waited too long\r\n");
  near->close();
  co_await net.group.join();
}

Task<void> guesser(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  SmtpServerOptions options = server_options();
  options.error_pause = std::chrono::seconds(1);
  net.group.spawn(serve(std::move(far), options, policy));
  char room[4096];
  REQUIRE(co_await near->read_some(room));
  REQUIRE(co_await near->write("FOO\r\n"));
  REQUIRE(co_await near->read_some(room));
  REQUIRE(co_await near->write("BAR\r\n"));
  co_await net.timers.settle();
  CHECK_FALSE(near->has_input());
  co_await net.timers.pass(std::chrono::seconds(1));
  CHECK(near->has_input());
  near->close();
  co_await net.group.join();
}

Task<void> broken(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  NotingPolicy policy;
  net.group.spawn(serve(std::move(far), server_options(), policy));
  char room[4096];
  for (const std::string_view line :
       {"EHLO c\r\n", "MAIL FROM:<a@x>\r\n", "RCPT TO:<b@x>\r\n", "DATA\r\n"}) {
    REQUIRE(co_await near->read_some(room));
    REQUIRE(co_await near->write(line));
  }
  REQUIRE(co_await near->read_some(room));
  REQUIRE(co_await near->write("half a mess"));
  co_await net.timers.settle();
  near->close();
  co_await net.group.join();
  CHECK(policy.aborts == 1);
  CHECK(policy.messages == 0);
}

Task<void> silent_server(test::TestNet& net, ErrorKind& kind) {
  auto [near, far] = make_memory_pair(net.executor());
  SmtpClient client;
  const auto opened = co_await client.open(std::move(near), client_options());
  REQUIRE_FALSE(opened);
  kind = opened.error().kind;
}

Task<void> client_deadline(test::TestNet& net) {
  ErrorKind kind = ErrorKind::internal;
  net.group.spawn(silent_server(net, kind));
  co_await net.timers.settle();
  co_await net.timers.pass(std::chrono::minutes(6));
  co_await net.group.join();
  CHECK(kind == ErrorKind::timed_out);
}

}  // namespace

TEST_CASE("SMTP drivers: log in, a message of many pieces, quit") {
  test::TestNet net;
  net.run(whole_session(net));
}

TEST_CASE("SMTP driver: an answer counts as read when something is said after it, not with it") {
  test::TestNet net;
  net.run(proofs(net));
}

TEST_CASE("LMTP drivers: a pipelined group and one reply per recipient") {
  test::TestNet net;
  net.run(lmtp_group(net));
}

TEST_CASE("shutdown ends an idle SMTP session with 421") {
  test::TestNet net;
  net.run(stop_between(net));
}

TEST_CASE("T-18 a slow client is cut off by the limit in all, not per read") {
  test::TestNet net;
  net.run(time_out(net, std::chrono::seconds(10), std::chrono::seconds(70), "421 4.4.2"));
}

TEST_CASE("T-13 a client that talks before the banner is refused") {
  test::TestNet net;
  net.run(early_talker(net));
}

TEST_CASE("T-18 a message that trickles in is given up after five minutes, a slow one is not") {
  test::TestNet net;
  bool closed = false;
  net.run(trickle(net, std::chrono::milliseconds(1000), closed));
  CHECK(closed);
  test::TestNet other;
  other.run(trickle(other, std::chrono::milliseconds(100), closed));
  CHECK_FALSE(closed);
}

TEST_CASE("from the second refusal on a stranger waits for it") {
  test::TestNet net;
  net.run(guesser(net));
}

TEST_CASE("a connection that breaks inside the content aborts the transaction") {
  test::TestNet net;
  net.run(broken(net));
}

TEST_CASE("a silent server is a time-out for the SMTP client") {
  test::TestNet net;
  net.run(client_deadline(net));
}

}  // namespace tandem::net
