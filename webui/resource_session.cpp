// Logging in and out: /api/setup, /api/login, /api/logout, /api/session, /api/health.
#include <boost/json.hpp>

#include "lib/store/store.hpp"
#include "migration/registry.hpp"
#include "webui/guard.hpp"
#include "webui/json.hpp"
#include "webui/passwords.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

std::string session_body(const Context& context, const std::string& user, Role role,
                         const std::string& csrf) {
  return json::serialize(json::object{{"user", user},
                                      {"role", name_of(role)},
                                      {"csrf", csrf},
                                      {"version", context.options.version}});
}

HttpResponse enter(Context& context, const Request& request, const User& user) {
  const auto opened = context.sessions.open(user);
  HttpResponse response =
      reply_json(session_body(context, user.name, user.role, opened.session.csrf));
  response.headers.add("Set-Cookie", set_cookie(context, request.http, opened.cookie));
  return response;
}

HttpResponse locked_out(Duration wait) {
  const auto whole = std::chrono::ceil<std::chrono::seconds>(wait).count();
  HttpResponse response = reply_fault({.status = 429,
                                       .kind = "locked_out",
                                       .what = "Too many attempts.",
                                       .next_step = "Wait some minutes, then try again.",
                                       .server_words = {}});
  response.headers.add("Retry-After", std::to_string(whole));
  return response;
}

HttpResponse unknown(std::string_view kind, std::string what, std::string next_step) {
  return reply_fault({.status = 401,
                      .kind = kind,
                      .what = std::move(what),
                      .next_step = std::move(next_step),
                      .server_words = {}});
}

HttpResponse wrong_token() {
  return unknown("wrong_token", "This set-up link is not valid, or was used already.",
                 "If a password was set before, log in; otherwise look for the newest link.");
}

// The audit log names nobody who does not exist: people type passwords into the wrong field.
std::string stranger_name(const Context& context, const std::string& name,
                          const net::HttpRequest& request) {
  const Caller caller{.user = context.users.find(name) ? name : "unknown",
                      .csrf = {},
                      .cookie = {},
                      .from = request.peer_address};
  return caller.who();
}

}  // namespace

Task<HttpResponse> get_health(Context& context, const Request&) {
  const bool good = context.parts.store.committer().writable().has_value();
  co_return reply_json(json::serialize(
      json::object{{"status", good ? "ok" : "degraded"}, {"version", context.options.version}}));
}

Task<HttpResponse> post_setup(Context& context, const Request& request) {
  const std::string from = request.http.peer_address;
  const Duration wait = context.lockout.wait(from, "set-up");
  if (wait > Duration::zero()) co_return locked_out(wait);
  const auto body = read_object(request.http.body, {"token", "user", "password"});
  if (!body) co_return bad_request(body.error().what);
  const auto token = text_in(*body, "token");
  const auto password = text_in(*body, "password");
  const std::string name = text_in(*body, "user").value_or("admin");
  if (!token || !password) co_return bad_request("A token and a password are needed.");
  if (!context.setup.matches(*token)) {
    context.lockout.failed(from, "set-up");
    co_return wrong_token();
  }
  const auto good = check_new_user(name, *password);
  if (!good) co_return bad_request(good.error().what);
  auto hash = co_await hash_slowly(context, *password);
  if (!hash) co_return locked_out(std::chrono::seconds(1));
  User user{.name = name, .role = Role::operator_role, .hash = std::move(*hash)};
  const auto put = co_await context.users.put(user, true);
  if (!put && put.error().kind == ErrorKind::conflict) co_return wrong_token();
  if (!put) co_return reply_error(put.error());
  context.setup.used();
  context.lockout.succeeded(from, "set-up");
  (void)co_await context.parts.registry.audit(stranger_name(context, name, request.http), "set up",
                                              "");
  co_return enter(context, request, user);
}

Task<HttpResponse> post_login(Context& context, const Request& request) {
  const std::string from = request.http.peer_address;
  const auto body = read_object(request.http.body, {"user", "password"});
  if (!body) co_return bad_request(body.error().what);
  const auto name = text_in(*body, "user");
  const auto password = text_in(*body, "password");
  if (!name || !password) co_return bad_request("A user and a password are needed.");
  if (context.users.empty())
    co_return unknown("setup_required", "There is no operator yet.", "Open the set-up link.");
  const Duration wait = context.lockout.wait(from, *name);
  if (wait > Duration::zero()) co_return locked_out(wait);
  const auto user = context.users.find(*name);
  const auto right = co_await verify_slowly(context, user, *password);
  if (!right) co_return locked_out(std::chrono::seconds(1));
  std::string who = stranger_name(context, *name, request.http);
  if (!*right) {
    context.lockout.failed(from, *name);
    (void)co_await context.parts.registry.audit(std::move(who), "log in failed", "");
    co_return unknown("wrong_password", "Name or password is wrong.", "Check both and try again.");
  }
  context.lockout.succeeded(from, *name);
  (void)co_await context.parts.registry.audit(std::move(who), "log in", "");
  co_return enter(context, request, *user);
}

Task<HttpResponse> post_logout(Context& context, const Request& request) {
  context.sessions.close(request.caller.cookie);
  (void)co_await context.parts.registry.audit(request.caller.who(), "log out", "");
  HttpResponse response{.status = 204, .headers = {}, .body = {}};
  response.headers.add("Set-Cookie", set_cookie(context, request.http, ""));
  response.headers.add("Cache-Control", "no-store");
  co_return response;
}

Task<HttpResponse> get_session(Context& context, const Request& request) {
  const Caller& caller = request.caller;
  co_return reply_json(session_body(context, caller.user, caller.role, caller.csrf));
}

}  // namespace tandem::webui
