// /api/accounts/{address}: one account in depth: folders, skipped messages, history.
#include <algorithm>
#include <functional>
#include <vector>

#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "migration/verify.hpp"
#include "migration/views.hpp"
#include "webui/caller.hpp"
#include "webui/describe_detail.hpp"
#include "webui/describe_verified.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Account;
using migration::Phase;
using migration::StepRecord;

namespace {

constexpr std::size_t most_skipped = 200;
constexpr std::size_t most_history = 200;
constexpr std::size_t audit_looked_at = 2000;

struct Entry {
  WallTime at{};
  json::object told;
};

json::object told(WallTime at, const std::string& by, std::string_view kind,
                  std::string_view what) {
  return {{"at", time_text(at)}, {"by", by}, {"kind", kind}, {"what", what}};
}

json::object describe_step(const StepRecord& step) {
  const std::string by = name_in(step.who);
  if (step.to == Phase::mirror_new) {
    json::object entry = told(step.at, by, "cut_over", "Cut over");
    entry["side"] = "new";
    return entry;
  }
  if (step.from == Phase::mirror_new && step.to == Phase::mirror_old) {
    json::object entry = told(step.at, by, "roll_back", "Rolled back");
    entry["side"] = "old";
    return entry;
  }
  const bool begun = step.to == Phase::mirror_old;
  const bool ended = step.to == Phase::finished;
  json::object entry = told(step.at, by, "state",
                            begun   ? "Copying began"
                            : ended ? "Finished"
                                    : "Called off");
  entry["state"] = begun ? "copying" : ended ? "done" : "waiting";
  return entry;
}

void add_pauses(Context& context, const Account& account, std::vector<Entry>& entries) {
  const auto audit = context.parts.registry.audit_log(audit_looked_at);
  if (!audit) return;
  for (const auto& one : *audit) {
    if (one.detail != account.address || (one.what != "pause" && one.what != "resume")) continue;
    entries.push_back({one.at, told(one.at, name_in(one.who), one.what,
                                    one.what == "pause" ? "Paused" : "Resumed")});
  }
}

json::array describe_history(Context& context, const Account& account) {
  std::vector<Entry> entries;
  const auto steps = context.parts.registry.history(account.id);
  if (steps)
    for (const auto& step : *steps) entries.push_back({step.at, describe_step(step)});
  add_pauses(context, account, entries);
  std::ranges::sort(entries, std::greater{}, &Entry::at);
  json::array list;
  for (auto& entry : entries) {
    if (list.size() == most_history) break;
    list.push_back(std::move(entry.told));
  }
  return list;
}

}  // namespace

Task<HttpResponse> get_account(Context& context, const Request& request) {
  const auto routes = context.parts.registry.routes();
  const Account* account = routes->account(request.argument);
  if (account == nullptr)
    co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such account."});
  const auto skipped = context.parts.copies.skipped(account->id);
  const auto verified = context.parts.verifier.verified(account->id);
  if (!verified) co_return reply_error(verified.error());
  const AccountState state = context.look_at(*account);
  co_return reply_json(json::serialize(
      json::object{{"account", describe(state, context.parts.clock.wall())},
                   {"folders", describe_folders(context.parts.copies.folders(account->id),
                                                migration::home_of(account->phase), skipped)},
                   {"skipped", describe_skipped(skipped, most_skipped)},
                   {"verified", describe(*verified)},
                   {"history", describe_history(context, *account)}}));
}

}  // namespace tandem::webui
