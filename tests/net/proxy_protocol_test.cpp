// PROXY headers at the listener: from whom, when, and what is known of the client afterwards. Those
// trusted here connect from 127.0.0.2, everybody else from another address of the machine.
#include <filesystem>
#include <fstream>
#include <iterator>

#include <catch2/catch.hpp>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/net/smtp_server_driver.hpp"
#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Listener;
using net::StreamPtr;
using net::Task;
using std::chrono::seconds;

constexpr std::string_view header = "PROXY TCP4 198.51.100.7 192.0.2.1 56324 25\r\n";
const std::string balancer = "127.0.0.2";
const std::string stranger = "127.0.0.3";

// Says what is known of the client, and what it said first.
Task<void> tell(StreamPtr stream) {
  const net::ConnectionInfo& info = stream->info();
  if (!co_await stream->write("220 " + info.peer_address + " " + std::to_string(info.peer_port)))
    co_return;
  char room[64];
  const auto count = co_await stream->read_some(room);
  if (count) (void)co_await stream->write(" said " + std::string(room, *count));
  stream->close();
}

Task<std::string> read_to_end(net::Stream& stream) {
  std::string all;
  char room[256];
  for (;;) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return all;
    all.append(room, *count);
  }
}

struct Door {
  Door(TestNet& net, net::ListenerOptions options, Listener::Handler handler = tell)
      : server(net.executor()) {
    auto opened = Listener::open(net.executor(), "127.0.0.1", 0, std::move(options));
    REQUIRE(opened);
    listener = std::move(*opened);
    server.spawn(listener->serve(server, std::move(handler)));
  }

  [[nodiscard]] Task<StreamPtr> connect(std::string from) const {
    auto stream = co_await net::connect_tcp(listener->local(), std::move(from), seconds(5));
    REQUIRE(stream);
    co_return std::move(*stream);
  }

  Task<void> end() {
    server.cancel();
    co_await server.join();
  }

  std::unique_ptr<Listener> listener;
  net::TaskGroup server;
};

net::ListenerOptions behind_balancer(bool only = false) {
  net::ListenerOptions options;
  options.proxy_protocol.emplace();
  CHECK(options.proxy_protocol->from.add(balancer));
  options.proxy_protocol->only = only;
  return options;
}

// What warnings say while it lives.
class Warnings {
 public:
  Warnings() { log::start(log::Level::warning, file_.string()); }
  ~Warnings() {
    log::start(log::Level::warning);
    std::filesystem::remove(file_);
  }
  [[nodiscard]] std::string text() const {
    std::ifstream stream(file_);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

 private:
  std::filesystem::path file_ =
      std::filesystem::temp_directory_path() / ("tandem-warnings-" + new_trace_id());
};

Task<void> honoured(TestNet& net) {
  Door door(net, behind_balancer());
  const auto together = co_await door.connect(balancer);
  REQUIRE(co_await together->write(std::string(header) + "EHLO a\r\n"));
  CHECK(co_await read_to_end(*together) == "220 198.51.100.7 56324 said EHLO a\r\n");

  const auto in_bytes = co_await door.connect(balancer);
  for (const char byte : header) {
    REQUIRE(co_await in_bytes->write(std::string_view(&byte, 1)));
    co_await net.timers.settle();
  }
  REQUIRE(co_await in_bytes->write("EHLO b\r\n"));
  CHECK(co_await read_to_end(*in_bytes) == "220 198.51.100.7 56324 said EHLO b\r\n");

  const auto local = co_await door.connect(balancer);
  const std::string own("\r\n\r\n\0\r\nQUIT\n\x20\x00\x00\x00", 16);
  REQUIRE(co_await local->write(own + "NOOP\r\n"));
  CHECK((co_await read_to_end(*local)).starts_with("220 127.0.0.2 "));
  co_await door.end();
}

Task<void> before_tls(TestNet& net) {
  auto options = behind_balancer();
  options.implicit_tls = tls_server("imap");
  Door door(net, options);
  const auto stream = co_await door.connect(balancer);
  REQUIRE(co_await stream->write(header));
  const auto settings = tls_client("localhost", "imap");
  REQUIRE(co_await stream->start_tls(settings));
  REQUIRE(co_await stream->write("a NOOP\r\n"));
  CHECK((co_await read_to_end(*stream)).starts_with("220 198.51.100.7 56324 said a NOOP"));

  const auto direct = co_await door.connect(stranger);
  REQUIRE(co_await direct->start_tls(settings));
  REQUIRE(co_await direct->write("a NOOP\r\n"));
  CHECK((co_await read_to_end(*direct)).starts_with("220 127.0.0.3 "));
  co_await door.end();
}

Task<void> missing(TestNet& net) {
  const Warnings warnings;
  Door door(net, behind_balancer());
  const auto silent = co_await door.connect(balancer);
  const auto half = co_await door.connect(balancer);
  REQUIRE(co_await half->write("PROXY TCP4 198.51.100.7 "));
  co_await net.timers.settle();
  co_await net.timers.pass(std::chrono::milliseconds(4990));
  CHECK(warnings.text().empty());
  co_await net.timers.pass(std::chrono::milliseconds(20));
  CHECK(co_await read_to_end(*silent) == "");
  CHECK(co_await read_to_end(*half) == "");
  CHECK(warnings.text().find("W-NET-5") != std::string::npos);
  CHECK(warnings.text().find("did not come in time") != std::string::npos);

  const auto none = co_await door.connect(balancer);
  REQUIRE(co_await none->write("EHLO client.example\r\n"));
  CHECK(co_await read_to_end(*none) == "");
  CHECK(warnings.text().find("does not begin with a PROXY header") != std::string::npos);
  CHECK(warnings.text().find("client.example") == std::string::npos);
  co_await door.end();
}

Task<void> a_look(TestNet& net) {
  const Warnings warnings;
  Door door(net, behind_balancer());
  const auto stream = co_await door.connect(balancer);
  REQUIRE(co_await stream->shutdown_send());
  CHECK(co_await read_to_end(*stream) == "");
  CHECK(warnings.text().empty());
  co_await door.end();
}

Task<void> refused(TestNet& net, std::string_view bytes) {
  const Warnings warnings;
  Door door(net, behind_balancer());
  const auto stream = co_await door.connect(stranger);
  REQUIRE(co_await stream->write(bytes));
  const std::string heard = co_await read_to_end(*stream);
  CHECK(heard.find("said") == std::string::npos);
  CHECK(heard.find("198.51.100.7") == std::string::npos);
  CHECK(warnings.text().find("W-NET-6") != std::string::npos);
  CHECK(warnings.text().find("127.0.0.3") != std::string::npos);
  co_await door.end();
}

Task<void> refused_under_tls(TestNet& net) {
  const Warnings warnings;
  auto options = behind_balancer();
  options.implicit_tls = tls_server();
  Door door(net, options);
  const auto stream = co_await door.connect(stranger);
  REQUIRE(co_await stream->write(header));
  CHECK(co_await read_to_end(*stream) == "");
  CHECK(warnings.text().find("W-NET-6") != std::string::npos);
  co_await door.end();
}

// Takes no mail.
class Closed : public net::SmtpPolicy {
 public:
  Task<smtp::Reply> on_mail(smtp::MailCommand) override { co_return no(); }
  Task<smtp::Reply> on_rcpt(smtp::RcptCommand) override { co_return no(); }
  Task<Result<void>> on_chunk(std::string_view) override { co_return Result<void>{}; }
  Task<std::vector<smtp::Reply>> on_end() override {
    std::vector<smtp::Reply> replies(1, no());
    co_return replies;
  }
  Task<void> on_abort() override { co_return; }

 private:
  static smtp::Reply no() { return smtp::make_reply(550, "5.7.1", "no"); }
};

Task<void> serve_after_a_pause(StreamPtr stream) {
  Closed policy;
  net::SmtpServerOptions options;
  options.greet_pause = seconds(2);
  co_await net::serve_smtp(*stream, std::move(options), policy);
}

Task<void> refused_before_the_greeting(TestNet& net) {
  const Warnings warnings;
  Door door(net, behind_balancer(), serve_after_a_pause);
  const auto forger = co_await door.connect(stranger);
  REQUIRE(co_await forger->write(header));
  CHECK(co_await read_to_end(*forger) == "");
  CHECK(warnings.text().find("W-NET-6") != std::string::npos);
  const auto hasty = co_await door.connect(stranger);
  REQUIRE(co_await hasty->write("EHLO a\r\n"));
  CHECK((co_await read_to_end(*hasty)).starts_with("554 "));
  co_await door.end();
}

Task<void> nobody_else(TestNet& net) {
  const Warnings warnings;
  Door door(net, behind_balancer(true));
  const auto other = co_await door.connect(stranger);
  CHECK(co_await read_to_end(*other) == "");
  CHECK(warnings.text().find("W-NET-4") != std::string::npos);
  const auto served = co_await door.connect(balancer);
  REQUIRE(co_await served->write(std::string(header) + "EHLO a\r\n"));
  CHECK((co_await read_to_end(*served)).starts_with("220 198.51.100.7 "));
  co_await door.end();
}

}  // namespace

TEST_CASE("T-23 behind a PROXY header the connection is its client's, in one segment or in bytes",
          "[T-23]") {
  TestNet net;
  net.run(honoured(net));
}

TEST_CASE("T-22 a PROXY header comes before TLS, and others are served without one", "[T-22]") {
  TestNet net;
  net.run(before_tls(net));
}

TEST_CASE("T-22 a balancer's connection without a PROXY header is closed within 5 s", "[T-22]") {
  TestNet net;
  net.run(missing(net));
}

TEST_CASE("a balancer that looks whether the port answers is no reason for a warning") {
  TestNet net;
  net.run(a_look(net));
}

TEST_CASE("T-22 a PROXY header from anybody else is refused and logged", "[T-22]") {
  TestNet net;
  net.run(refused(net, std::string(header) + "EHLO a\r\n"));
  net.run(refused(net, std::string_view("\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc6\x33\x64\x07"
                                        "\xc0\x00\x02\x01\xdc\x04\x00\x19",
                                        28)));
  net.run(refused_under_tls(net));
}

TEST_CASE(
    "T-22 T-13 where clients must wait for the greeting a stranger's PROXY header is logged too",
    "[T-22]") {
  TestNet net;
  net.run(refused_before_the_greeting(net));
}

TEST_CASE("T-22 a port for balancers only serves nobody else", "[T-22]") {
  TestNet net;
  net.run(nobody_else(net));
}

TEST_CASE("addresses one is trusted from are single ones and networks") {
  net::AddressSet set;
  CHECK(set.empty());
  CHECK_FALSE(set.contains("10.1.2.3"));
  for (const auto* text : {"10.0.0.0/8", "192.0.2.10", "192.0.2.64/26", "2001:db8:1::/48", "::1"})
    CHECK(set.add(text));
  for (const auto* in : {"10.0.0.0", "10.255.255.255", "192.0.2.10", "192.0.2.64", "192.0.2.127",
                         "2001:db8:1::", "2001:db8:1:ffff::1", "::1", "::ffff:10.1.2.3"})
    CHECK(set.contains(in));
  for (const auto* out : {"11.0.0.0", "9.255.255.255", "192.0.2.11", "192.0.2.63", "192.0.2.128",
                          "2001:db8:2::", "::2", "::", "", "10.1.2.3.4", "localhost", "::a01:203"})
    CHECK_FALSE(set.contains(out));
  for (const auto* bad : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.1/8", "0.0.0.0/0", "::/0",
                          "2001:db8::1/32", "localhost", "10.0.0", "10.0.0.0/8/8", "1.2.3.4:25"}) {
    CAPTURE(bad);
    const auto added = set.add(bad);
    CHECK_FALSE(added);
    CHECK((added || !added.error().next_step.empty()));
  }
}

}  // namespace tandem::test
