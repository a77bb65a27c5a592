// STARTTLS and STLS through the drivers, with real handshakes over memory pairs.
#include <string>

#include <catch2/catch.hpp>

#include "lib/net/pop3_client.hpp"
#include "lib/net/pop3_server_driver.hpp"
#include "lib/net/smtp_client.hpp"
#include "lib/net/smtp_server_driver.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tls.hpp"

namespace tandem::net {
namespace {

struct SmtpDoor : SmtpPolicy {
  Task<smtp::Reply> on_mail(smtp::MailCommand) override { co_return smtp::make_reply(250, "", ""); }
  Task<smtp::Reply> on_rcpt(smtp::RcptCommand) override { co_return smtp::make_reply(250, "", ""); }
  Task<Result<void>> on_chunk(std::string_view) override { co_return Result<void>(); }
  Task<std::vector<smtp::Reply>> on_end() override { co_return std::vector<smtp::Reply>(); }
  Task<void> on_abort() override { co_return; }
  Task<sasl::Answer> on_auth(sasl::Request request) override {
    ++asked;
    if (request.secret == "pencil") co_return sasl::Answer::accept();
    co_return sasl::Answer::refuse();
  }
  int asked = 0;
};

struct Pop3Door : Pop3LoginPolicy {
  Task<sasl::Answer> on_login(pop3::LoginRequest request) override {
    if (request.credential.secret == "pencil") co_return sasl::Answer::accept();
    co_return sasl::Answer::refuse();
  }
};

Task<void> serve_mail(StreamPtr stream, SmtpPolicy& policy) {
  SmtpServerOptions options;
  options.protocol.auth_mechanisms = {"PLAIN"};
  options.protocol.require_tls = true;
  options.tls = test::tls_server();
  co_await serve_smtp(*stream, options, policy);
}

Task<void> serve_pop(StreamPtr stream, std::string& user) {
  Pop3Door door;
  Pop3LoginOptions options;
  options.tls = test::tls_server();
  const auto login = co_await serve_pop3_login(*stream, options, door);
  if (login) user = login->user;
  stream->close();
}

sasl::Credentials tim() {
  sasl::Credentials credentials;
  credentials.user = "tim";
  credentials.password = "pencil";
  return credentials;
}

Task<void> smtp_session(test::TestNet& net, std::string name, bool trusted) {
  auto [near, far] = make_memory_pair(net.executor());
  SmtpDoor door;
  net.group.spawn(serve_mail(std::move(far), door));
  SmtpClientOptions options;
  options.protocol.credentials = tim();
  options.tls = test::tls_client(name);
  SmtpClient client;
  const auto opened = co_await client.open(std::move(near), options);
  CHECK(opened.has_value() == trusted);
  CHECK(door.asked == (trusted ? 1 : 0));
  if (trusted) CHECK(client.stream().info().tls);
  if (!trusted) CHECK(opened.error().kind == ErrorKind::tls);
  co_await client.quit();
  co_await net.group.join();
}

Task<void> pop3_session(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  std::string user;
  net.group.spawn(serve_pop(std::move(far), user));
  Pop3ClientOptions options;
  options.tls = test::tls_client();
  Pop3Client client;
  REQUIRE(co_await client.open(std::move(near), options));
  REQUIRE(co_await client.login(tim()));
  client.close();
  co_await net.group.join();
  CHECK(user == "tim");
}

}  // namespace

TEST_CASE("SMTP drivers: STARTTLS, then AUTH under TLS") {
  test::TestNet net;
  net.run(smtp_session(net, "localhost", true));
}

TEST_CASE("T-05 a certificate failure ends the SMTP session before any credential") {
  test::TestNet net;
  net.run(smtp_session(net, "other.test", false));
}

TEST_CASE("POP3 drivers: STLS, then the log-in under TLS") {
  test::TestNet net;
  net.run(pop3_session(net));
}

}  // namespace tandem::net
