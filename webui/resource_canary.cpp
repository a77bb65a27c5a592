// /api/canary: a message through the gateway, to see how a mailbox takes it.
#include <boost/json.hpp>

#include "migration/canary.hpp"
#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::CanaryOrder;
using migration::CanaryRemark;
using migration::CanarySight;

namespace {

json::object describe(const CanarySight& sight) {
  json::array judged;
  for (const auto& field : sight.judged) judged.push_back(json::value(clean(field)));
  const double seconds = std::chrono::duration<double>(sight.after).count();
  return {{"side", name_of(sight.side)},
          {"is_copy", sight.is_copy},
          {"folder", sight.folder ? json::value(clean(*sight.folder)) : json::value(nullptr)},
          {"seconds", seconds},
          {"judged", std::move(judged)}};
}

json::object describe(const CanaryRemark& remark) {
  return {{"kind", name_of(remark.kind)},
          {"light", name_of(remark.light)},
          {"side", remark.side ? json::value(name_of(*remark.side)) : json::value(nullptr)},
          {"what", clean(remark.what)},
          {"next_step", clean(remark.next_step)}};
}

json::object describe(const migration::CanaryReport& report) {
  json::array sights;
  for (const auto& one : report.sights) sights.push_back(describe(one));
  json::array remarks;
  for (const auto& one : report.remarks) remarks.push_back(describe(one));
  return {{"recipient", report.order.recipient},
          {"sender", report.order.sender},
          {"light", name_of(report.light())},
          {"answer", clean(report.answer)},
          {"trace_id", text_or_null(report.trace_id)},
          {"sights", std::move(sights)},
          {"remarks", std::move(remarks)}};
}

}  // namespace

Task<HttpResponse> post_canary(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"recipient", "sender", "client"});
  if (!body) co_return bad_request(body.error().what);
  CanaryOrder order;
  order.recipient = text_in(*body, "recipient").value_or("");
  order.sender = text_in(*body, "sender").value_or("");
  order.client = text_in(*body, "client").value_or("");
  const auto report = co_await context.parts.canaries.send_canary(order);
  if (!report && report.error().kind == ErrorKind::invalid)
    co_return bad_request(report.error().what);
  if (!report) co_return reply_error(report.error());
  (void)co_await context.parts.registry.audit(request.caller.who(), "canary", order.recipient);
  co_return reply_json(json::serialize(describe(*report)));
}

}  // namespace tandem::webui
