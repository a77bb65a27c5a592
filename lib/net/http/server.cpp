#include "lib/net/http/server.hpp"

#include <algorithm>
#include <exception>
#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/net/http/head.hpp"
#include "lib/net/timer.hpp"

namespace tandem::net {
namespace {

namespace beast_http = boost::beast::http;
using Parser = beast_http::request_parser<beast_http::string_body>;
using Verdict = std::pair<int, bool>;  // a status to refuse with (0: none), and whether to go on

constexpr std::size_t piece = 8 * 1024;

class Responder final : public HttpResponder {
 public:
  Responder(Stream& stream, const HttpOptions& options, const Clock& clock)
      : stream_(stream), options_(options), clock_(clock) {}

  // For the next request.
  void start(bool head_only, bool old_version, bool keep_alive) {
    head_only_ = head_only;
    old_version_ = old_version;
    keep_alive_ = keep_alive;
    begun_ = finished_ = chunked_ = false;
  }

  Task<Result<void>> send(HttpResponse response) override {
    if (auto good = check(response); !good) co_return good;
    const bool bodiless = response.status == 204 || response.status == 304;
    const std::string length =
        bodiless ? "" : fmt::format("Content-Length: {}\r\n", response.body.size());
    begun_ = finished_ = true;
    std::string bytes = head_of(response, length);
    if (!bodiless && !head_only_) bytes += response.body;
    co_return co_await put(std::move(bytes));
  }

  Task<Result<void>> begin(HttpResponse head) override {
    if (auto good = check(head); !good) co_return good;
    begun_ = true;
    chunked_ = !old_version_;
    if (!chunked_) keep_alive_ = false;  // its end is the connection's
    std::string bytes = head_of(head, chunked_ ? "Transfer-Encoding: chunked\r\n" : "");
    bytes += framed(head.body);
    co_return co_await put(std::move(bytes));
  }

  Task<Result<void>> write(std::string_view part) override {
    if (!begun_ || finished_) co_return fail(ErrorKind::internal, "no answer is under way");
    if (part.empty() || head_only_) co_return Result<void>();
    co_return co_await put(framed(part));
  }

  Task<Result<void>> finish() override {
    if (!begun_ || finished_) co_return Result<void>();
    finished_ = true;
    if (!chunked_ || head_only_) co_return Result<void>();
    co_return co_await put("0\r\n\r\n");
  }

  [[nodiscard]] bool begun() const override { return begun_; }
  [[nodiscard]] bool keep_alive() const { return keep_alive_ && finished_ && !broken_; }

 private:
  Result<void> check(const HttpResponse& response) const {
    if (begun_) return fail(ErrorKind::internal, "an answer is under way already");
    return http_detail::check(response.headers);
  }

  std::string head_of(const HttpResponse& response, std::string_view framing) const {
    return fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n{}{}{}\r\n", response.status,
                       reason_of(response.status), http_detail::http_date(clock_.wall()),
                       http_detail::lines_of(response.headers), framing,
                       keep_alive_ ? "" : "Connection: close\r\n");
  }

  std::string framed(std::string_view part) const {
    if (part.empty() || head_only_) return {};
    return chunked_ ? fmt::format("{:x}\r\n{}\r\n", part.size(), part) : std::string(part);
  }

  Task<Result<void>> put(std::string bytes) {
    stream_.expires_after(options_.write_limit);
    auto written = co_await stream_.write(bytes);
    stream_.expires_never();
    if (!written) broken_ = true;
    co_return written;
  }

  Stream& stream_;
  const HttpOptions& options_;
  const Clock& clock_;
  bool head_only_ = false;
  bool old_version_ = false;
  bool keep_alive_ = true;
  bool begun_ = false;
  bool finished_ = false;
  bool chunked_ = false;
  bool broken_ = false;
};

int status_for(const boost::system::error_code& error) {
  if (error == beast_http::error::header_limit) return 431;
  if (error == beast_http::error::body_limit) return 413;
  return 400;
}

// Reads requests from one stream; keeps what was read of the next.
class RequestReader {
 public:
  RequestReader(Stream& stream, const HttpOptions& options) : stream_(stream), options_(options) {}

  // 0 and true: `parser` holds a request. A status: it is to be refused with that. 0 and false:
  // over.
  Task<Verdict> read(Parser& parser) {
    parser.eager(true);
    parser.header_limit(static_cast<std::uint32_t>(options_.header_limit));
    parser.body_limit(options_.body_limit);
    if (ahead_.empty()) {
      stream_.expires_after(options_.idle_limit);
      if (!co_await stream_.wait_readable()) co_return Verdict(0, false);
    }
    stream_.expires_after(options_.request_limit);
    bool invited = false;
    while (!parser.is_done()) {
      const int refused = feed(parser);
      if (refused != 0) co_return Verdict(refused, false);
      if (parser.is_done()) break;
      if (parser.is_header_done() && !std::exchange(invited, true) &&
          waits_for_invitation(parser)) {
        if (!co_await stream_.write("HTTP/1.1 100 Continue\r\n\r\n")) co_return Verdict(0, false);
      }
      if (!co_await fill()) co_return Verdict(0, false);
    }
    stream_.expires_never();
    co_return Verdict(0, true);
  }

 private:
  int feed(Parser& parser) {
    if (ahead_.empty()) return 0;
    boost::system::error_code error;
    const auto used = parser.put(boost::asio::buffer(ahead_), error);
    ahead_.erase(0, used);
    if (ahead_.empty()) std::string().swap(ahead_);
    if (error && error != beast_http::error::need_more) return status_for(error);
    return 0;
  }

  // RFC 9110 10.1.1
  bool waits_for_invitation(const Parser& parser) const {
    return ahead_.empty() && iequals(parser.get()[beast_http::field::expect], "100-continue");
  }

  Task<bool> fill() {
    const std::size_t before = ahead_.size();
    ahead_.resize(before + piece);
    const std::span<char> room(ahead_.data() + before, piece);
    const auto count = co_await stream_.read_some(room);
    ahead_.resize(before + count.value_or(0));
    co_return count && *count > 0;
  }

  Stream& stream_;
  const HttpOptions& options_;
  std::string ahead_;
};

// Nothing: the target is not one that a client may send to an origin server (RFC 9112 3.2.1).
std::optional<HttpRequest> make_request(Parser& parser, const ConnectionInfo& info) {
  auto& message = parser.get();
  HttpRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  const std::string_view target = request.target;
  const auto question = std::min(target.find('?'), target.size());
  auto path = percent_decode(target.substr(0, question));
  auto query = parse_form(target.substr(std::min(question + 1, target.size())));
  if (!target.starts_with('/') || !path || !query) return std::nullopt;
  request.path = std::move(*path);
  request.query = std::move(*query);
  for (const auto& field : message) {
    request.headers.add(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.peer_address = info.peer_address;
  request.tls = info.tls;
  return request;
}

HttpResponse plain(int status) {
  HttpResponse response{.status = status, .headers = {}, .body = std::string(reason_of(status))};
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  return response;
}

// True: the handler ended by itself.
Task<bool> call(HttpHandler& handler, HttpRequest request, HttpResponder& responder) {
  try {
    co_await handler.handle(std::move(request), responder);
    co_return true;
  } catch (const std::exception& error) {
    log::error("E-NET-1", "a request ended with an exception: {}", error.what());
  }
  co_return false;
}

}  // namespace

Task<void> serve_http(Stream& stream, HttpOptions options, HttpHandler& handler) {
  const Clock& clock = clock_of(co_await boost::asio::this_coro::executor);
  Responder responder(stream, options, clock);
  RequestReader reader(stream, options);
  for (;;) {
    auto parser = std::make_unique<Parser>();
    const auto [refused, whole] = co_await reader.read(*parser);
    if (refused == 0 && !whole) co_return;
    std::optional<HttpRequest> request;
    if (whole) request = make_request(*parser, stream.info());
    if (!request) {
      responder.start(false, false, false);
      const int status = refused == 0 ? 400 : refused;
      (void)co_await responder.send(plain(status));
      (void)co_await stream.shutdown_send();
      co_return;
    }
    const auto& message = parser->get();
    responder.start(request->method == "HEAD", message.version() < 11, message.keep_alive());
    parser.reset();
    const bool ended = co_await call(handler, std::move(*request), responder);
    if (!responder.begun()) (void)co_await responder.send(plain(500));
    if (ended) (void)co_await responder.finish();
    if (!ended || !responder.keep_alive()) break;
  }
  (void)co_await stream.shutdown_send();
}

}  // namespace tandem::net
