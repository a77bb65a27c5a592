// /api/accounts/{address}: one account in depth: folders, skipped messages, history.
#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/caller.hpp"
#include "webui/json.hpp"
#include "webui/problem.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Account;
using migration::FolderProgress;
using migration::Phase;
using migration::Side;
using migration::SkippedMessage;
using migration::StepRecord;

namespace {

constexpr std::size_t most_skipped = 200;
constexpr std::size_t most_history = 200;
constexpr std::size_t audit_looked_at = 2000;

json::object describe_folder(const FolderProgress& folder, Side home, std::uint64_t skipped) {
  const bool home_is_old = home == Side::old_side;
  const auto there = folder.target_messages;
  const std::string at_home = clean(folder.name);
  const std::string mirrored = folder.mirror_name.empty() ? at_home : clean(folder.mirror_name);
  return {{"old", home_is_old ? at_home : mirrored},
          {"new", home_is_old ? mirrored : at_home},
          {"old_messages", home_is_old ? folder.source_messages : there},
          {"new_messages", home_is_old ? there : folder.source_messages},
          {"skipped", skipped}};
}

json::array describe_folders(Context& context, const Account& account,
                             const std::vector<SkippedMessage>& skipped) {
  std::map<std::string_view, std::uint64_t> per_folder;
  for (const auto& one : skipped) ++per_folder[one.folder];
  const Side home = migration::home_of(account.phase);
  json::array folders;
  for (const auto& one : context.parts.copies.folders(account.id)) {
    // A message is left out under the name of the side that has it.
    std::uint64_t left_out = per_folder[one.name];
    if (!one.mirror_name.empty() && one.mirror_name != one.name)
      left_out += per_folder[one.mirror_name];
    folders.push_back(describe_folder(one, home, left_out));
  }
  return folders;
}

json::array describe_skipped(const std::vector<SkippedMessage>& skipped) {
  json::array list;
  for (const auto& one : skipped) {
    if (list.size() == most_skipped) break;
    list.push_back({{"folder", clean(one.folder)},
                    {"subject", clean(one.subject, 500)},
                    {"date", nullptr},
                    {"size", one.size},
                    {"reason", describe(problem_of(one))}});
  }
  return list;
}

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
  const AccountState state = context.look_at(*account);
  co_return reply_json(
      json::serialize(json::object{{"account", describe(state, context.parts.clock.wall())},
                                   {"folders", describe_folders(context, *account, skipped)},
                                   {"skipped", describe_skipped(skipped)},
                                   {"history", describe_history(context, *account)}}));
}

}  // namespace tandem::webui
