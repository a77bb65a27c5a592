#include "webui/connection.hpp"

#include <utility>

#include "lib/base/text.hpp"
#include "webui/discovery.hpp"
#include "webui/guard.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace {

net::HttpResponse no_route(const Found& found) {
  if (found.allowed.empty())
    return reply_fault({.status = 404,
                        .kind = "not_found",
                        .what = "There is nothing at this address.",
                        .next_step = "See webui/openapi.json.",
                        .server_words = {}});
  net::HttpResponse response = reply_fault({.status = 405,
                                            .kind = "bad_request",
                                            .what = "Not with this method.",
                                            .next_step = "See webui/openapi.json.",
                                            .server_words = {}});
  response.headers.add("Allow", found.allowed);
  return response;
}

// Every answer carries the safety headers, streams too.
class SafeResponder final : public net::HttpResponder {
 public:
  SafeResponder(net::HttpResponder& inner, bool tls) : inner_(inner), tls_(tls) {}

  Task<Result<void>> send(net::HttpResponse response) override {
    add_safety(response.headers, tls_);
    return inner_.send(std::move(response));
  }
  Task<Result<void>> begin(net::HttpResponse head) override {
    add_safety(head.headers, tls_);
    return inner_.begin(std::move(head));
  }
  Task<Result<void>> write(std::string_view part) override { return inner_.write(part); }
  Task<Result<void>> finish() override { return inner_.finish(); }
  [[nodiscard]] bool begun() const override { return inner_.begun(); }

 private:
  net::HttpResponder& inner_;
  bool tls_;
};

}  // namespace

Connection::Connection(Context& context, net::Stream& stream, net::TaskGroup& group)
    : context_(context), stream_(stream), group_(group) {
  stop_ = group.on_stop([this] {
    if (!busy_) stream_.close();
  });
}

Task<void> Connection::handle(net::HttpRequest request, net::HttpResponder& responder) {
  busy_ = true;
  SafeResponder safe(responder, request.tls);
  auto refusal = check_place(context_.options, request);
  if (is_discovery_path(request.path)) {  // asked for under the domains' own names
    net::HttpResponse answer = answer_discovery(context_.options.setup, request);
    (void)co_await safe.send(std::move(answer));
  } else if (refusal) {
    (void)co_await safe.send(std::move(*refusal));
  } else if (request.path == "/api" || request.path.starts_with("/api/")) {
    co_await answer_api(std::move(request), safe);
  } else {
    net::HttpResponse page = get_page(request);
    (void)co_await safe.send(std::move(page));
  }
  busy_ = false;
  if (group_.stopping()) stream_.close();
}

Task<void> Connection::answer_api(net::HttpRequest http, net::HttpResponder& responder) {
  Found found = find_route(http.method, http.path);
  auto caller = caller_of(context_, http);
  const Route unknown;  // strangers are not told which paths exist
  const Route& route = found.route != nullptr ? *found.route : unknown;
  auto refusal = check_access(context_, route, caller, http);
  if (!refusal && found.route == nullptr) refusal = no_route(found);
  if (refusal) {
    (void)co_await responder.send(std::move(*refusal));
    co_return;
  }
  Request request{.http = std::move(http),
                  .caller = std::move(caller).value_or(Caller{}),
                  .argument = std::move(found.argument)};
  if (route.stream != nullptr) {
    const auto told = co_await route.stream(context_, request, responder);
    if (!told) stream_.close();  // nobody takes a part for the whole
    co_return;
  }
  if (route.run == nullptr) {
    co_await stream_events(context_, request, responder, group_);
    co_return;
  }
  net::HttpResponse response = co_await route.run(context_, request);
  wipe(request.http.body);  // passwords, an import's list of them
  (void)co_await responder.send(std::move(response));
}

}  // namespace tandem::webui
