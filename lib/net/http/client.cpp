#include "lib/net/http/client.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "lib/base/text.hpp"
#include "lib/net/http/head.hpp"
#include "lib/net/timer.hpp"

namespace tandem::net {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::response_parser<beast_http::string_body>;

constexpr std::size_t piece = 8 * 1024;
constexpr std::uint32_t header_limit = 64 * 1024;

struct Target {
  Endpoint endpoint;
  std::string host;    // for the Host field
  std::string target;  // path and query
};

// What the URL says, without its text: there may be a secret in it.
std::unexpected<Error> unusable(std::string_view why) {
  return fail(ErrorKind::invalid, fmt::format("unusable URL: {}", why));
}

Result<Target> parse(const HttpCall& call) {
  const auto parsed = boost::urls::parse_uri(call.url);
  if (!parsed) return unusable("not a URL");
  const bool secure = parsed->scheme_id() == boost::urls::scheme::https;
  if (!secure && parsed->scheme_id() != boost::urls::scheme::http) return unusable("its scheme");
  if (parsed->has_userinfo()) return unusable("it has a password");
  Target target;
  target.endpoint.protocol = Protocol::http;
  target.endpoint.host = parsed->host_address();
  target.endpoint.tls = secure ? TlsMode::implicit : TlsMode::never;
  target.endpoint.port = secure ? 443 : 80;
  if (parsed->has_port()) {
    const auto port = parse_number(std::string(parsed->port()));
    if (!port || *port == 0 || *port > 65535) return unusable("its port");
    target.endpoint.port = static_cast<std::uint16_t>(*port);
  }
  if (target.endpoint.host.empty()) return unusable("no host");
  target.endpoint.pin = call.pin;
  target.endpoint.ca_file = call.ca_file;
  target.host = std::string(parsed->encoded_host_and_port());
  target.target = std::string(parsed->encoded_target());
  if (!target.target.starts_with('/')) target.target.insert(0, "/");
  return target;
}

bool is_method(std::string_view method) {
  if (method.empty() || method.size() > 20) return false;
  for (const char c : method) {
    if (c < 'A' || c > 'Z') return false;
  }
  return true;
}

std::unexpected<Error> broken_off(std::string what) {
  return fail(Error{.kind = ErrorKind::protocol,
                    .what = std::move(what),
                    .origin = Origin::other,
                    .temporary = true});
}

HttpResponse response_of(Parser& parser) {
  auto& message = parser.get();
  HttpResponse response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    response.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

Task<Result<HttpResponse>> read_response(Stream& stream, bool head_only, std::size_t body_limit) {
  Parser parser;
  parser.eager(true);
  parser.skip(head_only);
  parser.header_limit(header_limit);
  parser.body_limit(body_limit);
  std::string ahead;
  while (!parser.is_done()) {
    const std::size_t before = ahead.size();
    ahead.resize(before + piece);
    const std::span<char> room(ahead.data() + before, piece);
    const auto count = co_await stream.read_some(room);
    if (!count) co_return fail(count.error());
    ahead.resize(before + *count);
    boost::system::error_code error;
    if (*count > 0) {
      ahead.erase(0, parser.put(boost::asio::buffer(ahead), error));
    } else if (parser.got_some()) {
      parser.put_eof(error);
    } else {
      co_return broken_off("the server ended the connection without an answer");
    }
    if (error == beast_http::error::body_limit) co_return fail(ErrorKind::limit, "a long answer");
    if (error && error != beast_http::error::need_more) {
      co_return broken_off("not an HTTP answer: " + error.message());
    }
  }
  co_return response_of(parser);
}

}  // namespace

Task<Result<HttpResponse>> http_exchange(Stream& stream, std::string host, std::string target,
                                         HttpCall call) {
  if (!is_method(call.method)) co_return fail(ErrorKind::invalid, "not an HTTP method");
  if (auto good = http_detail::check(call.headers); !good) co_return fail(good.error());
  const bool has_body = !call.body.empty() || call.method == "POST" || call.method == "PUT";
  const std::string length =
      has_body ? fmt::format("Content-Length: {}\r\n", call.body.size()) : std::string();
  std::string request =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n{}{}\r\n{}", call.method,
                  target, host, length, http_detail::lines_of(call.headers), call.body);
  const auto sent = co_await stream.write(request);
  wipe(request);  // a log-in may be in it
  wipe(call.body);
  if (!sent) co_return fail(sent.error());
  co_return co_await read_response(stream, call.method == "HEAD", call.body_limit);
}

Task<Result<HttpResponse>> http_request(const Connector& connector, HttpCall call) {
  const auto target = parse(call);
  if (!target) co_return fail(target.error());
  const Clock& clock = clock_of(co_await boost::asio::this_coro::executor);
  const SteadyTime end = clock.steady() + call.limit;
  const auto stream = co_await connector.connect(target->endpoint, call.limit);
  if (!stream) co_return fail(stream.error());
  (*stream)->expires_after(std::max(Duration(0), end - clock.steady()));
  co_return co_await http_exchange(**stream, target->host, target->target, std::move(call));
}

}  // namespace tandem::net
