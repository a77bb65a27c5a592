// The checks before any resource runs: is the request meant for us, who asks, may they? (T-33)
#pragma once

#include <optional>
#include <string>

#include "webui/context.hpp"
#include "webui/route.hpp"

namespace tandem::webui {

// Names in Host that are not ours are a page elsewhere talking to us through its own DNS.
[[nodiscard]] bool is_our_host(const WebOptions& options, std::string_view host);
// Nothing: go on. Host, and Origin where the browser names one.
[[nodiscard]] std::optional<net::HttpResponse> check_place(const WebOptions& options,
                                                           const net::HttpRequest& request);
// Nothing: nobody who is logged in.
[[nodiscard]] std::optional<Caller> caller_of(Context& context, const net::HttpRequest& request);
// Nothing: the route may run for this caller. `caller` is nothing for a stranger.
[[nodiscard]] std::optional<net::HttpResponse> check_access(const Context& context,
                                                            const Route& route,
                                                            const std::optional<Caller>& caller,
                                                            const net::HttpRequest& request);
// What every answer carries: policy, no sniffing, no framing, HSTS where there is TLS.
void add_safety(net::HttpHeaders& headers, bool tls);
// With https in the public address the cookie is Secure whatever stands between.
[[nodiscard]] std::string set_cookie(const Context& context, const net::HttpRequest& request,
                                     std::string_view value);

inline constexpr std::string_view cookie_name = "tandem_session";

}  // namespace tandem::webui
