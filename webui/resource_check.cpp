// /api/check/{address}: the preflight of one account, made now.
#include <boost/json.hpp>

#include "migration/oauth/next_steps.hpp"
#include "migration/preflight.hpp"
#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Findings;
using migration::Remark;
using migration::SideLook;

namespace {

json::value number_or_null(const std::optional<std::uint64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

json::object describe(const SideLook& look) {
  return {{"logged_in", look.logged_in},
          {"folders", look.folders},
          {"messages", look.messages},
          {"bytes", number_or_null(look.bytes)},
          {"quota", number_or_null(look.quota)}};
}

json::object describe(const Remark& remark) {
  return {{"kind", name_of(remark.kind)},
          {"light", name_of(remark.light)},
          {"side", name_of(remark.side)},
          {"what", clean(remark.what, 1000)},
          {"server_words", remark.server_words.empty() ? json::value(nullptr)
                                                       : json::value(clean(remark.server_words))},
          {"next_step", clean(remark.next_step, 1000)},
          {"next_step_ja", text_or_null(migration::oauth::in_japanese(remark.next_step))}};
}

}  // namespace

Task<HttpResponse> get_check(Context& context, const Request& request) {
  const auto routes = context.parts.registry.routes();
  const migration::Account* account = routes->account(request.argument);
  if (account == nullptr)
    co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such account."});
  const migration::Preflight preflight(context.parts.access);
  const Findings found = co_await preflight.examine(*account);
  json::array remarks;
  for (const Remark& one : found.remarks) remarks.push_back(describe(one));
  co_return reply_json(
      json::serialize(json::object{{"address", request.argument},
                                   {"light", name_of(found.light())},
                                   {"old", describe(found.at(migration::Side::old_side))},
                                   {"new", describe(found.at(migration::Side::new_side))},
                                   {"remarks", std::move(remarks)}}));
}

}  // namespace tandem::webui
