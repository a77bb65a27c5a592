// /api/audit: who did what, newest first.
#include <array>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "migration/registry.hpp"
#include "webui/caller.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

struct Pair {
  std::string_view what, action;
};
// The ledger's words and the contract's.
constexpr std::array<Pair, 20> actions = {{{"set up", "setup"},
                                           {"log in", "login"},
                                           {"log in failed", "login_failed"},
                                           {"log out", "logout"},
                                           {"cut over", "cut_over"},
                                           {"roll back", "roll_back"},
                                           {"pause", "pause"},
                                           {"resume", "resume"},
                                           {"sync", "sync"},
                                           {"import", "import"},
                                           {"start", "begin"},
                                           {"finish", "finish"},
                                           {"call off", "call_off"},
                                           {"user", "user"},
                                           {"queue retry", "queue_retry"},
                                           {"queue drop", "queue_drop"},
                                           {"canary", "canary"},
                                           {"verify", "verify"},
                                           {"skipped save", "skipped_save"},
                                           {"skipped retry", "skipped_retry"}}};

std::string_view action_of(std::string_view what) {
  for (const auto& [known, action] : actions)
    if (known == what) return action;
  return "config";
}

json::object describe(const migration::AuditEntry& entry) {
  const std::string_view action = action_of(entry.what);
  // An import names the migration before a colon, what is given up its reason after one, a
  // verification its outcome, what was not copied which; a step and a pause their account.
  const auto colon = entry.detail.find(": ");
  const bool two_parts = (action == "import" || action == "queue_drop" || action == "verify" ||
                          action.starts_with("skipped")) &&
                         colon != entry.detail.npos;
  std::string detail = two_parts ? entry.detail.substr(colon + 2) : "";
  if (action == "config") detail = entry.what;
  return {{"id", entry.id},
          {"at", time_text(entry.at)},
          {"user", name_in(entry.who)},
          {"from", from_in(entry.who)},
          {"action", action},
          {"subject", clean(two_parts ? entry.detail.substr(0, colon) : entry.detail, 400)},
          {"detail", clean(detail, 400)}};
}

}  // namespace

Task<HttpResponse> get_audit(Context& context, const Request& request) {
  const auto limit = limit_in(request.http);
  const auto before = parse_number(request.http.parameter("before").value_or("0"));
  if (!limit || !before) co_return bad_request("limit is 1 to 500, before is an entry's id.");
  const auto log = context.parts.registry.audit_log(*limit, static_cast<std::int64_t>(*before));
  if (!log) co_return reply_error(log.error());
  json::array entries;
  for (const auto& entry : *log) entries.push_back(describe(entry));
  co_return reply_json(json::serialize(json::object{{"entries", std::move(entries)}}));
}

}  // namespace tandem::webui
