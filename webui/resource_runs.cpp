// /api/runs: cut-overs and roll-backs, newest first.
#include <boost/json.hpp>

#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;

Task<HttpResponse> get_runs(Context& context, const Request&) {
  json::array runs;
  for (const Run& run : context.news->runs.all()) runs.push_back(describe(run));
  co_return reply_json(json::serialize(json::object{{"runs", std::move(runs)}}));
}

Task<HttpResponse> get_run(Context& context, const Request& request) {
  const auto run = context.news->runs.find(request.argument);
  if (!run) co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such run."});
  co_return reply_json(json::serialize(describe(*run)));
}

}  // namespace tandem::webui
