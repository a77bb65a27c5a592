// /api/queue: what waits in the gateway, and what a person may do about it.
#include <utility>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/describe_delivery.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

constexpr std::size_t longest_reason = 500;

struct Chosen {
  std::string trace_id;
  std::string recipient;  // empty: all of the message
  std::string reason;     // of a drop
};

Result<Chosen> read_chosen(const Request& request,
                           std::initializer_list<std::string_view> members) {
  const auto body = read_object(request.http.body, members);
  if (!body) return fail(body.error());
  const auto trace = text_in(*body, "trace_id");
  if (!trace || trace->empty()) return fail(ErrorKind::invalid, "A trace_id is needed.");
  return Chosen{.trace_id = *trace,
                .recipient = text_in(*body, "recipient").value_or(""),
                .reason = text_in(*body, "reason").value_or("")};
}

std::string subject_of(const Chosen& chosen) {
  std::string subject = clean(chosen.trace_id, 100);
  if (!chosen.recipient.empty()) subject += " " + clean(chosen.recipient, 400);
  if (!chosen.reason.empty()) subject += ": " + clean(chosen.reason, longest_reason);
  return subject;
}

}  // namespace

Task<HttpResponse> get_queue(Context& context, const Request& request) {
  const auto limit = limit_in(request.http);
  if (!limit) co_return bad_request("limit is a number from 1 to 500.");
  json::array items;
  for (const auto& one : context.parts.deliveries.queue(*limit)) items.push_back(describe(one));
  co_return reply_json(json::serialize(json::object{{"items", std::move(items)}}));
}

Task<HttpResponse> post_queue_retry(Context& context, const Request& request) {
  const auto chosen = read_chosen(request, {"trace_id", "recipient"});
  if (!chosen) co_return bad_request(chosen.error().what);
  const auto count = co_await context.parts.deliveries.retry(chosen->trace_id, chosen->recipient);
  if (!count) co_return reply_error(count.error());
  (void)co_await context.parts.registry.audit(request.caller.who(), "queue retry",
                                              subject_of(*chosen));
  co_return reply_json(json::serialize(json::object{{"count", *count}}));
}

Task<HttpResponse> post_queue_drop(Context& context, const Request& request) {
  auto chosen = read_chosen(request, {"trace_id", "recipient", "reason"});
  if (!chosen) co_return bad_request(chosen.error().what);
  chosen->reason = std::string(trim(chosen->reason));
  if (chosen->reason.empty()) co_return bad_request("A reason is needed: it is kept.");
  if (chosen->reason.size() > longest_reason) co_return bad_request("The reason is too long.");
  const auto count =
      co_await context.parts.deliveries.drop(chosen->trace_id, chosen->recipient, chosen->reason);
  if (!count) co_return reply_error(count.error());
  (void)co_await context.parts.registry.audit(request.caller.who(), "queue drop",
                                              subject_of(*chosen));
  co_return reply_json(json::serialize(json::object{{"count", *count}}));
}

}  // namespace tandem::webui
