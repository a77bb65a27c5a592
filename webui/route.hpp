// A route: a row of the table in routes.cpp, {method, path, who may, the resource's function}.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/net/http/message.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {
class HttpResponder;
}

namespace tandem::webui {

struct Context;
struct Request;

enum class Access : std::uint8_t {
  anyone,     // without a log-in
  logged_in,  // viewers too
  operators,
};

// The request and the context outlive the call.
using Resource = net::Task<net::HttpResponse> (*)(Context&, const Request&);

// The same for an answer that may be long. An error: it was broken off, and the connection ends.
using StreamedResource = net::Task<Result<void>> (*)(Context&, const Request&, net::HttpResponder&);

struct Route {
  std::string_view method;
  std::string_view path;  // "/api/accounts/{}": the rest, whatever it contains
  Access access = Access::logged_in;
  Resource run = nullptr;
  StreamedResource stream = nullptr;  // neither: /api/events
};

struct Found {
  const Route* route = nullptr;  // nullptr: no such path, or not with this method
  std::string argument;
  std::string allowed;  // methods, when only the method is wrong
};

[[nodiscard]] std::span<const Route> routes();
[[nodiscard]] Found find_route(std::string_view method, std::string_view path);

}  // namespace tandem::webui
