// HTTP requests and responses as values (RFC 9110, RFC 9112). Whole bodies only, bounded by whoever
// reads them; streaming is HttpResponder's (server.hpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tandem::net {

// In the order they came; names keep their case and are compared without it.
class HttpHeaders {
 public:
  void add(std::string name, std::string value) {
    fields_.emplace_back(std::move(name), std::move(value));
  }
  // The first of that name; "": none.
  [[nodiscard]] std::string_view get(std::string_view name) const;
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& all() const {
    return fields_;
  }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

struct HttpRequest {
  std::string method;  // "GET", as sent
  std::string target;  // as sent: "/accounts?q=a%20b"
  std::string path;    // decoded, UTF-8 without control characters: "/accounts"
  std::vector<std::pair<std::string, std::string>> query;  // decoded
  HttpHeaders headers;
  std::string body;
  std::string peer_address;  // the socket's
  bool tls = false;

  // The first of that name.
  [[nodiscard]] std::optional<std::string> parameter(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> cookie(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  HttpHeaders headers;  // Content-Length, Connection, Date and Transfer-Encoding are added
  std::string body;
};

// %XX decoded: a path, without control characters; or, with `form`, a form's name or value, where
// "+" is a space and line ends may be. Nothing for what is malformed or not UTF-8.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool form = false);
[[nodiscard]] std::string percent_encode(std::string_view text);  // all but unreserved characters
// "a=1&b=2", also the body of a form; nothing when malformed.
[[nodiscard]] std::optional<std::vector<std::pair<std::string, std::string>>> parse_form(
    std::string_view text);
[[nodiscard]] std::string_view reason_of(int status);  // "Not Found"

}  // namespace tandem::net
