// /api/accounts/import: a CSV as Excel writes it. Nothing is imported while a row has an error.
#include <boost/json.hpp>

#include "config/accounts_csv.hpp"
#include "config/migration_settings.hpp"
#include "lib/base/text.hpp"
#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

json::array describe_problems(const config::Problems& problems) {
  json::array list;
  for (const auto& one : problems)
    list.push_back({{"severity", one.severity == config::Severity::error ? "error" : "warning"},
                    {"row", one.line},
                    {"column", one.column},
                    {"what", one.what},
                    {"cure", one.cure}});
  return list;
}

HttpResponse reply_report(bool imported, const migration::ImportReport& report,
                          const config::Problems& problems) {
  return reply_json(json::serialize(json::object{{"imported", imported},
                                                 {"added", report.added},
                                                 {"changed", report.changed},
                                                 {"unchanged", report.unchanged},
                                                 {"problems", describe_problems(problems)}}));
}

void tell_all(Context& context, const std::string& migration) {
  const auto routes = context.parts.registry.routes();
  for (const auto& account : routes->accounts())
    if (account.migration == migration) context.tell(account.id);
}

}  // namespace

Task<HttpResponse> post_import(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"migration", "file", "csv"});
  if (!body) co_return bad_request(body.error().what);
  const auto name = text_in(*body, "migration");
  const auto encoded = text_in(*body, "csv");
  const auto* settings = name ? context.parts.registry.settings(*name) : nullptr;
  if (!name || !encoded) co_return bad_request("migration and csv are needed.");
  if (settings == nullptr)
    co_return reply_error({.kind = ErrorKind::not_found, .what = "There is no such migration."});
  auto bytes = base64_decode(*encoded);
  if (!bytes) co_return bad_request("csv is the file's bytes in base64.");
  const std::string file = clean(text_in(*body, "file").value_or("accounts.csv"), 200);
  auto csv = config::parse_accounts(*bytes, file, settings->domains);
  wipe(*bytes);
  if (!csv.ok()) co_return reply_report(false, {}, csv.problems);
  const auto report = co_await context.parts.registry.import_accounts(*name, std::move(csv.rows),
                                                                      request.caller.who());
  if (!report) co_return reply_error(report.error());
  tell_all(context, *name);
  co_return reply_report(true, *report, csv.problems);
}

}  // namespace tandem::webui
