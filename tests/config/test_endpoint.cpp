// URLs of servers: schemes and ports, TLS, pins, and what is refused.
#include <catch2/catch.hpp>

#include "config/endpoint.hpp"

namespace tandem::config {
namespace {

using net::Endpoint;
using net::Protocol;
using net::TlsMode;

struct Good {
  const char* url;
  Protocol wanted;
  Protocol protocol;
  const char* host;
  std::uint16_t port;
  TlsMode tls;
};

const Good goods[] = {
    {"imaps://imap.example.jp", Protocol::imap, Protocol::imap, "imap.example.jp", 993,
     TlsMode::implicit},
    {"IMAP://Imap.Example.JP", Protocol::imap, Protocol::imap, "imap.example.jp", 143,
     TlsMode::starttls},
    {"imap://127.0.0.1:1143?tls=never", Protocol::imap, Protocol::imap, "127.0.0.1", 1143,
     TlsMode::never},
    {"imap://[::1]:1143?tls=never", Protocol::imap, Protocol::imap, "::1", 1143, TlsMode::never},
    {"imaps://[2001:db8::1]", Protocol::imap, Protocol::imap, "2001:db8::1", 993,
     TlsMode::implicit},
    {"pop3s://h.jp", Protocol::pop3, Protocol::pop3, "h.jp", 995, TlsMode::implicit},
    {"pop3://h.jp", Protocol::pop3, Protocol::pop3, "h.jp", 110, TlsMode::starttls},
    {"smtp://h.jp", Protocol::smtp, Protocol::smtp, "h.jp", 25, TlsMode::starttls},
    {"smtp://h.jp?tls=opportunistic", Protocol::smtp, Protocol::smtp, "h.jp", 25,
     TlsMode::opportunistic},
    {"smtps://h.jp", Protocol::smtp, Protocol::smtp, "h.jp", 465, TlsMode::implicit},
    {"lmtp://localhost:24?tls=never", Protocol::smtp, Protocol::lmtp, "localhost", 24,
     TlsMode::never},
    {"submission://h.jp", Protocol::submission, Protocol::submission, "h.jp", 587,
     TlsMode::starttls},
    {"submissions://h.jp/", Protocol::submission, Protocol::submission, "h.jp", 465,
     TlsMode::implicit},
};

const std::string fingerprint =
    "AB:CD:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:"
    "DD";

}  // namespace

TEST_CASE("schemes give protocol, port and protection") {
  for (const auto& good : goods) {
    CAPTURE(good.url);
    const auto endpoint = parse_endpoint(good.url, good.wanted);
    REQUIRE(endpoint.has_value());
    CHECK(endpoint->protocol == good.protocol);
    CHECK(endpoint->host == good.host);
    CHECK(endpoint->port == good.port);
    CHECK(endpoint->tls == good.tls);
    CHECK(endpoint->in_process.empty());
  }
}

TEST_CASE("builtin: is the server of this process") {
  const auto endpoint = parse_endpoint(" builtin: ", Protocol::pop3);
  REQUIRE(endpoint.has_value());
  CHECK(endpoint->in_process == builtin_server);
  CHECK(endpoint->protocol == Protocol::pop3);
  CHECK(endpoint->host.empty());
}

TEST_CASE("a pin and an authority are taken, with or without colons") {
  const auto endpoint = parse_endpoint(
      "imaps://h.jp?pin=sha256:" + fingerprint + "&ca=/etc/ssl/their.pem", Protocol::imap);
  REQUIRE(endpoint.has_value());
  CHECK(endpoint->pin == "abcd00112233445566778899aabbccddeeff00112233445566778899aabbccdd");
  CHECK(endpoint->ca_file == "/etc/ssl/their.pem");
}

TEST_CASE("what no endpoint can be is refused, with a cure") {
  const std::pair<const char*, Protocol> bads[] = {
      {"", Protocol::imap},
      {"imap.example.jp", Protocol::imap},
      {"imaps:imap.example.jp", Protocol::imap},
      {"smtp://h.jp", Protocol::imap},
      {"imaps://h.jp", Protocol::submission},
      {"http://h.jp", Protocol::imap},
      {"imaps://", Protocol::imap},
      {"imaps://h.jp:0", Protocol::imap},
      {"imaps://h.jp:65536", Protocol::imap},
      {"imaps://h.jp:x", Protocol::imap},
      {"imaps://h.jp/INBOX", Protocol::imap},
      {"imaps://h.jp#x", Protocol::imap},
      {"imaps://h_.-.jp", Protocol::imap},
      {"imaps://h.jp?tls=never", Protocol::imap},
      {"imaps://127.0.0.1?tls=never", Protocol::imap},
      {"imap://h.jp?tls=never", Protocol::imap},
      {"imap://127.0.0.1.example.jp?tls=never", Protocol::imap},
      {"imap://h.jp?tls=opportunistic", Protocol::imap},
      {"lmtp://h.jp?tls=opportunistic", Protocol::smtp},
      {"smtps://h.jp?tls=opportunistic", Protocol::smtp},
      {"imaps://h.jp?tls=yes", Protocol::imap},
      {"imaps://h.jp?pin=sha256:abcd", Protocol::imap},
      {"imaps://h.jp?pin=abcd", Protocol::imap},
      {"imaps://h.jp?ca=their.pem", Protocol::imap},
      {"imaps://h.jp?timeout=3", Protocol::imap},
      {"imaps://日本語.jp", Protocol::imap},
      {"imaps://[::1", Protocol::imap},
      {"builtin:x", Protocol::imap},
  };
  for (const auto& [url, wanted] : bads) {
    CAPTURE(url);
    const auto endpoint = parse_endpoint(url, wanted);
    REQUIRE_FALSE(endpoint.has_value());
    CHECK(endpoint.error().kind == ErrorKind::invalid);
    CHECK_FALSE(endpoint.error().what.empty());
    CHECK_FALSE(endpoint.error().next_step.empty());
  }
}

TEST_CASE("a password in a URL is refused and not repeated [T-27]") {
  for (const auto* url : {"imaps://me:canary@h.jp", "imaps://me:canary@h jp", "canary@h.jp"}) {
    const auto endpoint = parse_endpoint(url, Protocol::imap);
    REQUIRE_FALSE(endpoint.has_value());
    CHECK(endpoint.error().to_string().find("canary") == std::string::npos);
  }
}

TEST_CASE("loopback is a matter of addresses") {
  for (const auto* host : {"localhost", "127.0.0.1", "127.255.0.9", "::1"})
    CHECK(is_loopback(host));
  for (const auto* host : {"127.0.0.1.jp", "128.0.0.1", "::2", "", "localhost.jp"})
    CHECK_FALSE(is_loopback(host));
}

}  // namespace tandem::config
