// The server's side of HTTP/1.1 over any Stream: reads one request after the other within limits
// and gives each to the handler, which answers through the responder. Beast parses.
#pragma once

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/http/message.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

struct HttpOptions {
  std::size_t header_limit = 16 * 1024;               // above: 431
  std::size_t body_limit = 8 * 1024 * 1024;           // above: 413, before it is read
  Duration idle_limit = std::chrono::seconds(75);     // between requests
  Duration request_limit = std::chrono::seconds(30);  // from a request's first byte to its last
  Duration write_limit = std::chrono::seconds(30);    // for each write of an answer
};

// Answers one request: either send(), or begin(), write() …, finish(). Errors are the stream's; the
// handler then ends. What the handler leaves out is done for it (500; the last chunk).
class HttpResponder {
 public:
  virtual ~HttpResponder() = default;

  virtual Task<Result<void>> send(HttpResponse response) = 0;
  // A body of unknown length, e.g. text/event-stream. `head.body` goes first.
  virtual Task<Result<void>> begin(HttpResponse head) = 0;
  virtual Task<Result<void>> write(std::string_view part) = 0;  // an empty part does nothing
  virtual Task<Result<void>> finish() = 0;
  [[nodiscard]] virtual bool begun() const = 0;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // The responder lives until it returns. An exception is a bug: it is logged, the answer is 500.
  virtual Task<void> handle(HttpRequest request, HttpResponder& responder) = 0;
};

// Serves until the peer ends, an error or limit ends it, or the task is cancelled. Malformed
// requests get 400 and end the connection; nothing of them is echoed (T-06). The caller closes.
[[nodiscard]] Task<void> serve_http(Stream& stream, HttpOptions options, HttpHandler& handler);

}  // namespace tandem::net
