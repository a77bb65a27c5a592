// tandemail report: how the move stands and what was not copied, as a file for people who do not
// look at the page.
#include <fmt/core.h>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/language.hpp"

namespace tandem::app {

ExitCode run_report(const Arguments& arguments) {
  const std::string format = arguments.has("json") ? "json" : arguments.get("format", "html");
  const std::string language = arguments.get("language", speaks_japanese() ? "ja" : "en");
  const bool known =
      format == "html" || format == "csv" || format == "messages-csv" || format == "json";
  if (!known || (language != "en" && language != "ja") || !arguments.words.empty()) {
    fmt::print(
        stderr,
        "tandemail: report takes --format html, csv, messages-csv or json, and --language en "
        "or ja\n");
    return ExitCode::usage;
  }
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const auto answer = api->get("/api/report?format=" + format + "&language=" + language);
  if (!answer) return report(answer.error());
  fmt::print("{}", *answer);
  return ExitCode::done;
}

}  // namespace tandem::app
