#include "webui/describe_verified.hpp"

#include <boost/json.hpp>

#include "webui/json.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Verified;

namespace {

json::object describe_one(const Verified& one) {
  return {{"at", time_text(one.at)}, {"full", one.full},
          {"clean", one.clean},      {"clean_since", time_or_null(one.clean_since)},
          {"folders", one.folders},  {"messages", one.messages},
          {"missing", one.missing},  {"extra", one.extra},
          {"changed", one.changed},  {"not_compared", one.not_compared},
          {"whole", one.whole},      {"rewritten", one.rewritten}};
}

}  // namespace

json::object describe(const std::vector<Verified>& results) {
  json::array list;
  for (const Verified& one : results) list.push_back(describe_one(one));
  const bool for_a_day = !results.empty() && migration::is_clean_for_a_day(results.front());
  return {{"clean_for_a_day", for_a_day}, {"results", std::move(list)}};
}

}  // namespace tandem::webui
