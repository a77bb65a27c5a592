// /api/report: how the move stands and what was not copied, as JSON, CSV or HTML, to be kept or
// sent to people who do not look at the page.
#include <algorithm>
#include <limits>
#include <utility>

#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "webui/describe_detail.hpp"
#include "webui/describe_verified.hpp"
#include "webui/json.hpp"
#include "webui/report.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

Result<Report> look(Context& context, const std::string& migration) {
  Report report;
  report.at = context.parts.clock.wall();
  for (AccountState& state : context.accounts(migration)) {
    const auto id = state.account.id;
    auto verified = context.parts.verifier.verified(id);
    if (!verified) return fail(verified.error());
    report.accounts.push_back({std::move(state), context.parts.copies.folders(id),
                               context.parts.copies.skipped(id), std::move(*verified)});
  }
  std::ranges::sort(report.accounts, {},
                    [](const Reported& one) { return one.state.account.address; });
  return report;
}

std::string report_json(const Report& report) {
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  json::array accounts;
  for (const Reported& one : report.accounts) {
    const auto home = migration::home_of(one.state.account.phase);
    accounts.push_back({{"account", describe(one.state, report.at)},
                        {"folders", describe_folders(one.folders, home, one.skipped)},
                        {"skipped", describe_skipped(one.skipped, all)},
                        {"verified", describe(one.verified)}});
  }
  return json::serialize(
      json::object{{"at", time_text(report.at)}, {"accounts", std::move(accounts)}});
}

HttpResponse reply_file(std::string body, std::string type, const std::string& name) {
  HttpResponse response;
  response.headers.add("Content-Type", std::move(type));
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Content-Disposition", "attachment; filename=\"" + name + "\"");
  response.body = std::move(body);
  return response;
}

}  // namespace

Task<HttpResponse> get_report(Context& context, const Request& request) {
  const std::string format = request.http.parameter("format").value_or("json");
  const auto language = language_of(request.http.parameter("language").value_or("en"));
  if (!language) co_return bad_request("'language' is en or ja.");
  const auto looked = look(context, request.http.parameter("migration").value_or(""));
  if (!looked) co_return reply_error(looked.error());
  const Report& report = *looked;
  const std::string day = time_text(report.at).substr(0, 10);
  if (format == "json") co_return reply_json(report_json(report));
  if (format == "csv")
    co_return reply_file(accounts_csv(report, *language), "text/csv; charset=utf-8",
                         "tandemail-accounts-" + day + ".csv");
  if (format == "messages-csv")
    co_return reply_file(messages_csv(report, *language), "text/csv; charset=utf-8",
                         "tandemail-not-copied-" + day + ".csv");
  if (format == "html")
    co_return reply_file(report_html(report, *language), "text/html; charset=utf-8",
                         "tandemail-report-" + day + ".html");
  co_return bad_request("'format' is json, csv, messages-csv or html.");
}

}  // namespace tandem::webui
