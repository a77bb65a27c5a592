// /api/deletions: what of one account's deletions was carried over, what waits for a decision, and
// what a person does about it.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "migration/deletion_reasons.hpp"
#include "migration/deletions.hpp"
#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Account;
using migration::DeletedMessage;
using migration::HeldDeletions;

namespace {

constexpr std::size_t most_ids = 10'000;

json::object describe(const HeldDeletions& held) {
  return {{"folder", clean(held.folder)},
          {"side", name_of(held.side)},
          {"messages", held.messages},
          {"since", time_text(held.since)}};
}

json::object describe(const DeletedMessage& one) {
  return {{"id", one.id},
          {"folder", clean(one.folder)},
          {"side", name_of(one.side)},
          {"subject", clean(one.subject)},
          {"state", one.state},
          {"at", time_text(one.at)},
          {"expunge_at", time_or_null(one.expunge_at)},
          {"why", text_or_null(one.why)},
          {"why_ja", text_or_null(migration::reason_in_japanese(one.why))}};
}

template <class One>
json::array describe_all(const std::vector<One>& all) {
  json::array list;
  for (const One& one : all) list.push_back(describe(one));
  return list;
}

Result<Account> account_in(Context& context, const json::object& body) {
  const auto routes = context.parts.registry.routes();
  const Account* account = routes->account(text_in(body, "account").value_or(""));
  if (account == nullptr) return fail(ErrorKind::not_found, "There is no such account.");
  return *account;
}

// Nothing: not a list of whole numbers.
std::optional<std::vector<std::int64_t>> ids_in(const json::object& body) {
  std::vector<std::int64_t> ids;
  const auto* member = body.if_contains("ids");
  if (member == nullptr) return ids;
  if (!member->is_array() || member->get_array().size() > most_ids) return std::nullopt;
  for (const json::value& one : member->get_array()) {
    if (!one.is_int64()) return std::nullopt;
    ids.push_back(one.get_int64());
  }
  if (ids.empty()) return std::nullopt;  // all are asked for by leaving it out
  return ids;
}

}  // namespace

Task<HttpResponse> get_deletions(Context& context, const Request& request) {
  const auto limit = limit_in(request.http);
  if (!limit) co_return bad_request("limit is a number from 1 to 500.");
  const auto routes = context.parts.registry.routes();
  const Account* account = routes->account(request.argument);
  if (account == nullptr)
    co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such account."});
  const auto report = context.parts.deletions.deletions(account->id, *limit);
  if (!report) co_return reply_error(report.error());
  co_return reply_json(json::serialize(json::object{{"address", account->address},
                                                    {"propagated", report->propagated},
                                                    {"held", describe_all(report->held)},
                                                    {"quarantined", report->quarantined},
                                                    {"messages", describe_all(report->messages)}}));
}

Task<HttpResponse> post_deletions_decide(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"account", "folder", "decision"});
  if (!body) co_return bad_request(body.error().what);
  const std::string decision = text_in(*body, "decision").value_or("");
  if (decision != "allow" && decision != "refuse")
    co_return bad_request("A decision is needed: allow or refuse.");
  const auto account = account_in(context, *body);
  if (!account) co_return reply_error(account.error());
  const std::string folder = text_in(*body, "folder").value_or("");
  const bool allow = decision == "allow";
  const auto count = co_await context.parts.deletions.decide(account->id, folder, allow);
  if (!count) co_return reply_error(count.error());
  const std::string subject = fmt::format("{}: {} messages{}{}", account->address, *count,
                                          folder.empty() ? "" : " of ", clean(folder));
  (void)co_await context.parts.registry.audit(request.caller.who(), "deletions " + decision,
                                              subject);
  context.tell(account->id);
  co_return reply_json(json::serialize(json::object{{"count", *count}}));
}

Task<HttpResponse> post_deletions_undo(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"account", "ids"});
  if (!body) co_return bad_request(body.error().what);
  auto ids = ids_in(*body);
  if (!ids) co_return bad_request("ids is a list of numbers; without it all are brought back.");
  const auto account = account_in(context, *body);
  if (!account) co_return reply_error(account.error());
  const auto report = co_await context.parts.deletions.undo(account->id, std::move(*ids));
  if (!report) co_return reply_error(report.error());
  (void)co_await context.parts.registry.audit(
      request.caller.who(), "deletions undo",
      fmt::format("{}: {} messages", account->address, report->restored));
  context.tell(account->id);
  co_return reply_json(json::serialize(
      json::object{{"restored", report->restored}, {"not_found", report->not_found}}));
}

}  // namespace tandem::webui
