// /api/deliveries: "did my mail arrive?"
#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "migration/views.hpp"
#include "webui/describe_delivery.hpp"
#include "webui/describe_overview.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

constexpr std::size_t usual_limit = 100;
constexpr std::size_t longest_search = 320;

}  // namespace

std::optional<std::size_t> limit_in(const net::HttpRequest& request) {
  const auto text = request.parameter("limit");
  if (!text) return usual_limit;
  const auto number = parse_number(*text);
  if (!number || *number < 1 || *number > 500) return std::nullopt;
  return *number;
}

Task<HttpResponse> get_deliveries(Context& context, const Request& request) {
  const auto limit = limit_in(request.http);
  const std::string search = request.http.parameter("q").value_or("");
  if (!limit) co_return bad_request("limit is a number from 1 to 500.");
  if (search.size() > longest_search) co_return bad_request("The search is too long.");
  json::array deliveries;
  for (const auto& one : context.parts.deliveries.recent(*limit, search))
    deliveries.push_back(describe(one));
  const auto counts = context.delivery_counts("");
  co_return reply_json(json::serialize(json::object{{"deliveries", std::move(deliveries)},
                                                    {"owed", describe_waiting(counts.owed)},
                                                    {"debts", describe_waiting(counts.debts)}}));
}

}  // namespace tandem::webui
