// /api/verify: both sides of one account, read again and compared.
#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "migration/verify.hpp"
#include "webui/describe_verified.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Difference;
using migration::FolderVerdict;

namespace {

json::object describe(const FolderVerdict& folder) {
  return {{"name", clean(folder.name)},
          {"home_messages", folder.home_messages},
          {"mirror_messages", folder.mirror_messages},
          {"missing", folder.missing},
          {"extra", folder.extra},
          {"changed", folder.changed},
          {"whole", folder.whole},
          {"rewritten", folder.rewritten},
          {"not_compared", text_or_null(clean(folder.not_compared))},
          {"next_step", text_or_null(folder.next_step)}};
}

json::object describe(const Difference& one) {
  return {{"kind", name_of(one.kind)},
          {"folder", clean(one.folder)},
          {"lacking", text_or_null(one.lacking ? name_of(*one.lacking) : "")},
          {"uid", one.uid},
          {"other_uid", one.other_uid},
          {"date", time_text(WallTime(std::chrono::seconds(one.date)))},
          {"subject", clean(one.subject)},
          {"reason", one.reason},
          {"next_step", one.next_step}};
}

}  // namespace

Task<HttpResponse> post_verify(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"account", "full"});
  if (!body) co_return bad_request(body.error().what);
  const std::string address = text_in(*body, "account").value_or("");
  const auto routes = context.parts.registry.routes();
  const migration::Account* account = routes->account(address);
  if (account == nullptr)
    co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such account."});
  const bool full = bool_in(*body, "full").value_or(false);
  const auto report = co_await context.parts.verifier.verify(account->id, full);
  if (!report) co_return reply_error(report.error());
  const auto verified = context.parts.verifier.verified(account->id);
  if (!verified) co_return reply_error(verified.error());
  json::array folders;
  for (const auto& one : report->folders) folders.push_back(describe(one));
  json::array differences;
  for (const auto& one : report->differences) differences.push_back(describe(one));
  json::array rewritten;
  for (const auto& one : report->rewritten) rewritten.push_back(describe(one));
  json::object answer{{"address", address},
                      {"home", name_of(report->home)},
                      {"full", full},
                      {"clean", report->clean},
                      {"folders", std::move(folders)},
                      {"differences", std::move(differences)},
                      {"rewritten", std::move(rewritten)},
                      {"verified", describe(*verified)},
                      {"not_copied", context.parts.copies.skipped(account->id).size()}};
  std::string outcome = report->clean ? "clean" : "not clean";
  if (full) outcome += ", whole messages";
  (void)co_await context.parts.registry.audit(request.caller.who(), "verify",
                                              address + ": " + outcome);
  co_return reply_json(json::serialize(answer));
}

}  // namespace tandem::webui
