// HTTP: requests whole, a byte at a time and malformed; limits; keep-alive; streams; the client.
#include <stdexcept>
#include <string>

#include <catch2/catch.hpp>

#include "lib/base/log.hpp"
#include "lib/net/http/client.hpp"
#include "lib/net/http/server.hpp"
#include "lib/net/tls.hpp"
#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::HttpCall;
using net::HttpOptions;
using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;
using net::Task;
using std::chrono::seconds;

// Echoes, streams, throws or forgets, as the path says.
class Handler final : public net::HttpHandler {
 public:
  int calls = 0;

  Task<void> handle(HttpRequest request, HttpResponder& responder) override {
    ++calls;
    if (request.path == "/throw") throw std::runtime_error("a bug");
    if (request.path == "/nothing") co_return;
    HttpResponse response;
    if (request.path == "/stream") {
      response.headers.add("Content-Type", "text/event-stream");
      response.body = "first\n";
      (void)co_await responder.begin(response);
      (void)co_await responder.write("second\n");
      (void)co_await net::sleep_for(seconds(5));
      (void)co_await responder.write("third\n");
      co_return;
    }
    if (request.path == "/forge") {
      response.headers.add("X-Bad", "a\r\nSet-Cookie: b");
      const auto sent = co_await responder.send(response);
      response = HttpResponse{.status = sent ? 200 : 409, .headers = {}, .body = ""};
    }
    response.body = request.method + " " + request.path + " " + request.body;
    for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
    if (const auto cookie = request.cookie("sid")) response.body += " sid:" + *cookie;
    (void)co_await responder.send(response);
  }
};

Task<void> serve(net::Stream& stream, HttpOptions options, Handler& handler) {
  co_await net::serve_http(stream, options, handler);
  stream.close();
}

Task<std::string> read_all(net::Stream& stream) {
  std::string all;
  char room[1000];
  for (;;) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return all;
    all.append(room, *count);
  }
}

// What the server answers to these bytes, then the end; `step` bytes at a time.
Task<void> dialogue(TestNet& net, std::string bytes, std::size_t step, HttpOptions options,
                    std::string* answer) {
  Handler handler;
  auto [client, server] = net::make_memory_pair(net.executor());
  net.group.spawn(serve(*server, options, handler));
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    (void)co_await client->write(std::string_view(bytes).substr(at, step));
    for (int i = 0; i < 3; ++i) co_await net::yield_now();
  }
  co_await net.timers.pass(seconds(10));
  (void)co_await client->shutdown_send();
  *answer = co_await read_all(*client);
  co_await net.group.join();
}

std::string answer_to(const std::string& bytes, std::size_t step = 100'000,
                      HttpOptions options = {}) {
  TestNet net;
  std::string answer;
  net.run(dialogue(net, bytes, step, options, &answer));
  return answer;
}

std::string status_of(const std::string& answer) {
  return answer.substr(0, answer.find('\r'));
}
std::string body_of(const std::string& answer) {
  return answer.substr(std::min(answer.find("\r\n\r\n") + 4, answer.size()));
}

Task<void> idle(TestNet& net, std::string bytes, Duration limit) {
  Handler handler;
  auto [client, server] = net::make_memory_pair(net.executor());
  net.group.spawn(serve(*server, HttpOptions(), handler));
  REQUIRE(co_await client->write(bytes));
  co_await net.timers.pass(limit - seconds(1));
  CHECK(net.group.running() == 1);
  co_await net.timers.pass(seconds(2));
  co_await net.group.join();
  CHECK(handler.calls == 0);
}

Task<void> client_meets_server(TestNet& net) {
  Handler handler;
  net::ListenerOptions secure;
  secure.implicit_tls = tls_server("http/1.1");
  auto listener = net::Listener::open(net.executor(), "127.0.0.1", 0, secure);
  REQUIRE(listener);
  net::TaskGroup group(net.executor());
  Handler* served = &handler;
  net::Listener::Handler serve_stream = [served](net::StreamPtr stream) {
    return [](net::StreamPtr owned, Handler* by) -> Task<void> {
      co_await net::serve_http(*owned, HttpOptions(), *by);
    }(std::move(stream), served);
  };
  group.spawn((*listener)->serve(group, serve_stream));
  const net::Connector connector;
  HttpCall call;
  call.url = "https://127.0.0.1:" + std::to_string((*listener)->port()) + "/a%20b?c=d";
  call.pin = *net::certificate_sha256(test_identity().chain_pem);
  call.method = "POST";
  call.body = std::string(300'000, 'x');
  const auto response = co_await net::http_request(connector, call);
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->body == "POST /a b " + call.body + " c=d");
  call.body_limit = 1000;
  const auto too_long = co_await net::http_request(connector, call);
  REQUIRE_FALSE(too_long);
  CHECK(too_long.error().kind == ErrorKind::limit);
  call.pin.clear();
  const auto unverified = co_await net::http_request(connector, call);
  REQUIRE_FALSE(unverified);
  CHECK(unverified.error().kind == ErrorKind::tls);
  group.request_stop();
  group.cancel();
  co_await group.join();
}

Task<void> bad_calls(TestNet&) {
  const net::Connector connector;
  for (const std::string url : {"", "nonsense", "ftp://a/", "https://", "https://user:pw@host/",
                                "https://host:0/", "https://host:99999/"}) {
    HttpCall call;
    call.url = url;
    INFO(url);
    const auto response = co_await net::http_request(connector, call);
    REQUIRE_FALSE(response);
    CHECK(response.error().kind == ErrorKind::invalid);
  }
  HttpCall clear;
  clear.url = "http://192.0.2.1/";
  const auto refused = co_await net::http_request(connector, clear);
  CHECK(refused.error().kind == ErrorKind::refused);
}

Task<void> client_meets(TestNet& net, std::string answer, std::string expected) {
  auto [client, server] = net::make_memory_pair(net.executor());
  REQUIRE(co_await server->write(answer));
  REQUIRE(co_await server->shutdown_send());
  const auto response = co_await net::http_exchange(*client, "host", "/", HttpCall());
  CHECK((response ? response->body : std::string(name_of(response.error().kind))) == expected);
}

const std::string get =
    "GET /x?a=1&b=%e3%81%82+c HTTP/1.1\r\nHost: h\r\nCookie: a=b; sid=42\r\n\r\n";

}  // namespace

TEST_CASE("a request is read and answered, whole or a byte at a time") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    const auto answer = answer_to(get, step);
    CHECK(status_of(answer) == "HTTP/1.1 200 OK");
    CHECK(body_of(answer) == "GET /x  a=1 b=あ c sid:42");
    CHECK_THAT(answer, Catch::Contains("Date: Tue, 24 Nov 2026 00:00:"));
    const std::string post =
        "POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    CHECK(body_of(answer_to(post, step)) == "POST /p abcde");
  }
}

TEST_CASE("a connection is used again, also by pipelined requests") {
  const auto answer =
      answer_to(get + get + "GET /last HTTP/1.1\r\nConnection: close\r\n\r\n" + get);
  std::size_t count = 0;
  for (auto at = answer.find("HTTP/1.1 200"); at != std::string::npos;
       at = answer.find("HTTP/1.1 200", at + 1)) {
    ++count;
  }
  CHECK(count == 3);
  CHECK(answer.ends_with("GET /last "));
}

TEST_CASE("a stream is sent in chunks, to old clients until the end") {
  const auto answer = answer_to("GET /stream HTTP/1.1\r\n\r\n");
  CHECK_THAT(answer, Catch::Contains("Transfer-Encoding: chunked"));
  CHECK(body_of(answer) == "6\r\nfirst\n\r\n7\r\nsecond\n\r\n6\r\nthird\n\r\n0\r\n\r\n");
  const auto old = answer_to("GET /stream HTTP/1.0\r\n\r\n");
  CHECK(body_of(old) == "first\nsecond\nthird\n");
}

TEST_CASE("HEAD is answered without a body") {
  const auto answer = answer_to("HEAD /x HTTP/1.1\r\n\r\n");
  CHECK_THAT(answer, Catch::Contains("Content-Length: 8\r\n"));
  CHECK(body_of(answer) == "");
}

TEST_CASE("a body that waits to be invited is invited") {
  const auto answer =
      answer_to("POST /p HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok", 62);
  CHECK(status_of(answer) == "HTTP/1.1 100 Continue");
  CHECK(answer.ends_with("POST /p ok"));
}

TEST_CASE("[T-06] malformed requests get 400, too long ones 413 and 431, and nothing is echoed") {
  for (const std::string bad :
       {"\r\n\r\n\r\nEHLO canary\r\n", "GET canary HTTP/1.1\r\n\r\n",
        "GET /canary%zz HTTP/1.1\r\n\r\n", "GET /canary%00 HTTP/1.1\r\n\r\n",
        "GET /?canary=%f HTTP/1.1\r\n\r\n", "GET / HTTP/9.9\r\ncanary\r\n\r\n",
        "\x16\x03\x01\x02 canary\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: -1\r\nX: canary\r\n\r\n"}) {
    const auto answer = answer_to(bad);
    CHECK(status_of(answer) == "HTTP/1.1 400 Bad Request");
    CHECK(answer.find("canary") == std::string::npos);
    CHECK_THAT(answer, Catch::Contains("Connection: close"));
  }
  HttpOptions small;
  small.header_limit = 500;
  small.body_limit = 10;
  const std::string long_header = "GET / HTTP/1.1\r\nX: " + std::string(600, 'x') + "\r\n\r\n";
  CHECK(status_of(answer_to(long_header, 100, small)).substr(9, 3) == "431");
  const std::string long_body = "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n";
  CHECK(status_of(answer_to(long_body, 100, small)).substr(9, 3) == "413");
  const std::string chunks =
      "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nb\r\n01234567890\r\n0\r\n\r\n";
  CHECK(status_of(answer_to(chunks, 100, small)).substr(9, 3) == "413");
}

TEST_CASE("a handler that throws, forgets to answer, or forges a header line does no harm") {
  log::start(log::Level::off);
  CHECK(status_of(answer_to("GET /throw HTTP/1.1\r\n\r\n")) ==
        "HTTP/1.1 500 Internal Server Error");
  log::start(log::Level::warning);
  CHECK(status_of(answer_to("GET /nothing HTTP/1.1\r\n\r\n")) ==
        "HTTP/1.1 500 Internal Server Error");
  CHECK(status_of(answer_to("GET /forge HTTP/1.1\r\n\r\n")) == "HTTP/1.1 409 Conflict");
}

TEST_CASE("idle connections and slow requests end") {
  TestNet net;
  net.run(idle(net, "", seconds(75)));
  net.run(idle(net, "GET / HTTP/1.1\r\n", seconds(30)));
}

TEST_CASE("the client asks the server over TLS, and trusts only the right certificate") {
  TestNet net;
  net.run(client_meets_server(net));
}

TEST_CASE("the client refuses bad URLs, and clear text to elsewhere") {
  TestNet net;
  net.run(bad_calls(net));
}

TEST_CASE("the client bears with every kind of answer") {
  TestNet net;
  net.run(client_meets(net, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"));
  net.run(client_meets(net, "HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"));
  net.run(client_meets(
      net, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", "ok"));
  net.run(client_meets(net, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", "protocol"));
  net.run(client_meets(net, "220 mail ESMTP\r\n", "protocol"));
  net.run(client_meets(net, "", "protocol"));
}

TEST_CASE("percent encoding and forms") {
  CHECK(net::percent_decode("a%2Fb") == "a/b");
  CHECK_FALSE(net::percent_decode("%"));
  CHECK_FALSE(net::percent_decode("%4"));
  CHECK_FALSE(net::percent_decode("%ff"));
  CHECK_FALSE(net::percent_decode("%0a"));
  CHECK(net::percent_decode("a+%0a", true) == "a \n");
  CHECK(net::percent_encode("a b/ä") == "a%20b%2F%C3%A4");
  const auto form = net::parse_form("a=1&&b&c=d%3De");
  REQUIRE(form);
  CHECK(form->size() == 3);
  CHECK(form->at(2).second == "d=e");
}

}  // namespace tandem::test
