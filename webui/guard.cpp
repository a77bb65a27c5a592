#include "webui/guard.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/net/socket_address.hpp"
#include "webui/assets.hpp"

namespace tandem::webui {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view bearer = "Bearer ";

// "name:80" and "[::1]:80" without the port.
std::string_view without_port(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, std::min(host.find(']') + 1, host.size()));
  return host.substr(0, std::min(host.find(':'), host.size()));
}

std::string_view host_of(std::string_view url) {
  const auto slashes = url.find("//");
  if (slashes == url.npos) return {};
  const std::string_view rest = url.substr(slashes + 2);
  return rest.substr(0, std::min(rest.find('/'), rest.size()));
}

HttpResponse stranger(const Context& context) {
  if (context.users.empty())
    return reply_fault({.status = 401,
                        .kind = "setup_required",
                        .what = "There is no operator yet.",
                        .next_step = "Open the set-up link that Tandemail wrote at its start.",
                        .server_words = {}});
  return reply_fault({.status = 401,
                      .kind = "login_required",
                      .what = "You are not logged in.",
                      .next_step = "Log in.",
                      .server_words = {}});
}

HttpResponse forbidden(std::string_view kind, std::string what, std::string next_step) {
  return reply_fault({.status = 403,
                      .kind = kind,
                      .what = std::move(what),
                      .next_step = std::move(next_step),
                      .server_words = {}});
}

bool is_acceptable_type(const HttpRequest& request) {
  const std::string_view type = request.headers.get("Content-Type");
  return iequals(trim(type.substr(0, type.find(';'))), "application/json");
}

}  // namespace

bool is_our_host(const WebOptions& options, std::string_view host) {
  const std::string name = lower(without_port(host));
  if (name.empty()) return false;
  // A rebound name is a name: an address, or localhost, cannot be one.
  if (name == "localhost" || net::is_ip_address(name)) return true;
  if (name == lower(without_port(host_of(options.public_url)))) return true;
  return std::ranges::any_of(options.host_names,
                             [&](const std::string& one) { return lower(one) == name; });
}

std::optional<HttpResponse> check_place(const WebOptions& options, const HttpRequest& request) {
  const std::string_view host = request.headers.get("Host");
  if (!is_our_host(options, host))
    return forbidden("forbidden", "This server is not known under that name.",
                     "Use its configured name, or its address.");
  if (!request.headers.has("Origin")) return std::nullopt;
  if (host_of(request.headers.get("Origin")) == host) return std::nullopt;
  return forbidden("csrf", "The request comes from another site.", "Use this server's own page.");
}

std::optional<Caller> caller_of(Context& context, const HttpRequest& request) {
  const std::string_view authorization = request.headers.get("Authorization");
  if (istarts_with(authorization, bearer)) {
    const std::string_view token = trim(authorization.substr(bearer.size()));
    // Digests: equal lengths, and a time that tells nothing.
    if (!constant_time_equal(sha256(token), sha256(context.token.reveal()))) return std::nullopt;
    return Caller{.user = "command line",
                  .role = Role::operator_role,
                  .csrf = {},
                  .cookie = {},
                  .from = "cli"};
  }
  auto cookie = request.cookie(cookie_name);
  if (!cookie) return std::nullopt;
  auto session = context.sessions.find(*cookie);
  if (!session) return std::nullopt;
  return Caller{.user = session->user,
                .role = session->role,
                .csrf = session->csrf,
                .cookie = std::move(*cookie),
                .from = request.peer_address};
}

std::optional<HttpResponse> check_access(const Context& context, const Route& route,
                                         const std::optional<Caller>& caller,
                                         const HttpRequest& request) {
  const bool changes = request.method == "POST";
  if (route.access != Access::anyone) {
    if (!caller) return stranger(context);
    const bool by_cookie = !caller->cookie.empty();
    if (changes && by_cookie &&
        !constant_time_equal(request.headers.get("X-Tandem-CSRF"), caller->csrf))
      return forbidden("csrf", "The request lacks this session's token.", "Reload the page.");
    if (route.access == Access::operators && caller->role != Role::operator_role)
      return forbidden("forbidden", "You may look, not change.", "Ask an operator.");
  }
  // A form of another site cannot send this type without asking first.
  if (changes && !is_acceptable_type(request))
    return bad_request("The content type must be application/json.");
  return std::nullopt;
}

void add_safety(net::HttpHeaders& headers, bool tls) {
  headers.add("Content-Security-Policy", std::string(content_security_policy));
  headers.add("X-Content-Type-Options", "nosniff");
  headers.add("X-Frame-Options", "DENY");
  headers.add("Referrer-Policy", "no-referrer");
  headers.add("Cross-Origin-Opener-Policy", "same-origin");
  headers.add("Cross-Origin-Resource-Policy", "same-origin");
  headers.add("Permissions-Policy", "camera=(), microphone=(), geolocation=()");
  if (tls) headers.add("Strict-Transport-Security", "max-age=31536000");
}

std::string set_cookie(const Context& context, const HttpRequest& request, std::string_view value) {
  const bool secure = request.tls || context.options.public_url.starts_with("https://");
  return fmt::format("{}={}; HttpOnly; SameSite=Strict; Path=/{}{}", cookie_name, value,
                     secure ? "; Secure" : "", value.empty() ? "; Max-Age=0" : "");
}

}  // namespace tandem::webui
