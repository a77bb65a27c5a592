// The client's side of HTTP: one request, one connection, one whole answer. For the command line
// (to the running server) and for web hooks. Redirects are answers like any other.
#pragma once

#include <string>

#include "lib/base/clock.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::net {

struct HttpCall {
  std::string method = "GET";
  std::string url;  // "https://host[:port]/path?query"; "http://" to loopback only
  HttpHeaders headers;
  std::string body;
  std::string pin;      // SHA-256 of the server's certificate, hex; empty: verified as usual
  std::string ca_file;  // PEM; empty: the system's
  Duration limit = std::chrono::seconds(30);  // for all of it
  std::size_t body_limit = 8 * 1024 * 1024;
};

// Any status is a result. Errors: invalid (the URL, a header), limit, protocol, and the
// connector's.
[[nodiscard]] Task<Result<HttpResponse>> http_request(const Connector& connector, HttpCall call);
// The same over a stream that is connected already; `host` is for the Host field.
[[nodiscard]] Task<Result<HttpResponse>> http_exchange(Stream& stream, std::string host,
                                                       std::string target, HttpCall call);

}  // namespace tandem::net
