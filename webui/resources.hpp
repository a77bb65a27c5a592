// Every resource's functions; each file resource_NAME.cpp holds those of one. See openapi.json.
#pragma once

#include "lib/net/http/server.hpp"
#include "webui/context.hpp"

namespace tandem::net {
class TaskGroup;
}

namespace tandem::webui {

using net::HttpResponse;

Task<HttpResponse> get_health(Context& context, const Request& request);
Task<HttpResponse> post_setup(Context& context, const Request& request);
Task<HttpResponse> post_login(Context& context, const Request& request);
Task<HttpResponse> post_logout(Context& context, const Request& request);
Task<HttpResponse> get_session(Context& context, const Request& request);
Task<HttpResponse> get_users(Context& context, const Request& request);
Task<HttpResponse> post_users(Context& context, const Request& request);
Task<HttpResponse> get_overview(Context& context, const Request& request);
Task<HttpResponse> get_accounts(Context& context, const Request& request);
Task<HttpResponse> get_account(Context& context, const Request& request);
Task<HttpResponse> get_check(Context& context, const Request& request);
Task<HttpResponse> get_folders(Context& context, const Request& request);
Task<HttpResponse> post_canary(Context& context, const Request& request);
Task<HttpResponse> post_verify(Context& context, const Request& request);
Task<HttpResponse> post_pause(Context& context, const Request& request);
Task<HttpResponse> post_resume(Context& context, const Request& request);
Task<HttpResponse> post_sync(Context& context, const Request& request);
Task<HttpResponse> post_import(Context& context, const Request& request);
Task<HttpResponse> post_cutover(Context& context, const Request& request);
Task<HttpResponse> post_rollback(Context& context, const Request& request);
Task<HttpResponse> get_runs(Context& context, const Request& request);
Task<HttpResponse> get_run(Context& context, const Request& request);
Task<HttpResponse> get_deliveries(Context& context, const Request& request);
Task<HttpResponse> get_clients(Context& context, const Request& request);
Task<HttpResponse> get_discovery(Context& context, const Request& request);
Task<HttpResponse> get_metrics(Context& context, const Request& request);
Task<HttpResponse> get_report(Context& context, const Request& request);
Task<HttpResponse> get_queue(Context& context, const Request& request);
Task<HttpResponse> post_queue_retry(Context& context, const Request& request);
Task<HttpResponse> post_queue_drop(Context& context, const Request& request);
Task<HttpResponse> get_skipped(Context& context, const Request& request);
Task<HttpResponse> post_skipped_retry(Context& context, const Request& request);
// One message, as its server has it; see StreamedResource.
Task<Result<void>> get_skipped_message(Context& context, const Request& request,
                                       net::HttpResponder& responder);
Task<HttpResponse> get_deletions(Context& context, const Request& request);
Task<HttpResponse> post_deletions_decide(Context& context, const Request& request);
Task<HttpResponse> post_deletions_undo(Context& context, const Request& request);
Task<HttpResponse> get_audit(Context& context, const Request& request);

// GET /api/events: until the listener, the session or the program ends.
Task<void> stream_events(Context& context, const Request& request, net::HttpResponder& responder,
                         net::TaskGroup& group);
// Everything that is not under /api/: the embedded page.
[[nodiscard]] HttpResponse get_page(const net::HttpRequest& request);

// 1 to 500 from the query's "limit"; nothing: it is something else.
[[nodiscard]] std::optional<std::size_t> limit_in(const net::HttpRequest& request);

}  // namespace tandem::webui
