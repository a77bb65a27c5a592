// The table of resources, and how a path finds its row. A strange method on a known path says which
// ones there are.
#include <array>

#include "webui/resources.hpp"
#include "webui/route.hpp"

namespace tandem::webui {
namespace {

constexpr std::string_view wild = "{}";

constexpr std::array table = {
    Route{"GET", "/api/health", Access::anyone, get_health},
    Route{"POST", "/api/setup", Access::anyone, post_setup},
    Route{"POST", "/api/login", Access::anyone, post_login},
    Route{"POST", "/api/logout", Access::logged_in, post_logout},
    Route{"GET", "/api/session", Access::logged_in, get_session},
    Route{"GET", "/api/overview", Access::logged_in, get_overview},
    Route{"GET", "/api/accounts", Access::logged_in, get_accounts},
    Route{"POST", "/api/accounts/pause", Access::operators, post_pause},
    Route{"POST", "/api/accounts/resume", Access::operators, post_resume},
    Route{"POST", "/api/accounts/import", Access::operators, post_import},
    Route{"GET", "/api/accounts/{}", Access::logged_in, get_account},
    Route{"GET", "/api/check/{}", Access::operators, get_check},
    Route{"GET", "/api/folders/{}", Access::operators, get_folders},
    Route{"POST", "/api/canary", Access::operators, post_canary},
    Route{"POST", "/api/verify", Access::operators, post_verify},
    Route{"POST", "/api/sync", Access::operators, post_sync},
    Route{"POST", "/api/cutover", Access::operators, post_cutover},
    Route{"POST", "/api/rollback", Access::operators, post_rollback},
    Route{"GET", "/api/runs", Access::logged_in, get_runs},
    Route{"GET", "/api/runs/{}", Access::logged_in, get_run},
    Route{"GET", "/api/deliveries", Access::logged_in, get_deliveries},
    Route{"GET", "/api/clients", Access::logged_in, get_clients},
    Route{"GET", "/api/discovery", Access::logged_in, get_discovery},
    Route{"GET", "/api/metrics", Access::logged_in, get_metrics},
    Route{"GET", "/api/report", Access::logged_in, get_report},
    Route{"GET", "/api/queue", Access::logged_in, get_queue},
    Route{"POST", "/api/queue/retry", Access::operators, post_queue_retry},
    Route{"POST", "/api/queue/drop", Access::operators, post_queue_drop},
    Route{"POST", "/api/skipped/retry", Access::operators, post_skipped_retry},
    Route{"GET", "/api/skipped/message/{}", Access::operators, nullptr, get_skipped_message},
    Route{"GET", "/api/skipped/{}", Access::logged_in, get_skipped},
    Route{"GET", "/api/deletions/{}", Access::logged_in, get_deletions},
    Route{"POST", "/api/deletions/decide", Access::operators, post_deletions_decide},
    Route{"POST", "/api/deletions/undo", Access::operators, post_deletions_undo},
    Route{"GET", "/api/audit", Access::logged_in, get_audit},
    Route{"GET", "/api/users", Access::operators, get_users},
    Route{"POST", "/api/users", Access::operators, post_users},
    Route{"GET", "/api/events", Access::logged_in, nullptr},
};

// Nothing: not this path. The argument otherwise.
std::optional<std::string> match(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with(wild))
    return pattern == path ? std::optional<std::string>("") : std::nullopt;
  const std::string_view start = pattern.substr(0, pattern.size() - wild.size());
  if (!path.starts_with(start) || path.size() == start.size()) return std::nullopt;
  return std::string(path.substr(start.size()));
}

}  // namespace

std::span<const Route> routes() {
  return table;
}

Found find_route(std::string_view method, std::string_view path) {
  Found found;
  const std::string_view asked = method == "HEAD" ? "GET" : method;
  for (const Route& route : table) {
    auto argument = match(route.path, path);
    if (!argument) continue;
    if (route.method == asked) return {&route, std::move(*argument), ""};
    found.allowed += (found.allowed.empty() ? "" : ", ") + std::string(route.method);
  }
  return found;
}

}  // namespace tandem::webui
