#include "app/archive_report.hpp"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/language.hpp"
#include "lib/base/text.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

// Of one account; all of them are in --json.
constexpr std::size_t most_problems = 50;

void print_problem(const archive::Problem& problem) {
  std::string place = printable(problem.folder);
  if (!problem.message.empty())
    place += (place.empty() ? "" : ", ") + printable(problem.message, 500);
  fmt::print("    not taken over: {}: {}\n        {}\n", place, printable(problem.reason, 1000),
             in_our_language(problem.next_step));
}

}  // namespace

void print_archive_report(const std::string& address, const archive::Report& report,
                          std::string_view done) {
  fmt::print("{}:\n", address);
  for (const auto& folder : report.folders) {
    fmt::print("    {}: {} messages, {} {} now, {} there before", printable(folder.name),
               folder.found, folder.written, done, folder.before);
    if (folder.renewed > 0) fmt::print(", {} with new flags", folder.renewed);
    if (folder.failed > 0) fmt::print(", {} not taken over", folder.failed);
    fmt::print("\n");
  }
  for (std::size_t at = 0; at < report.problems.size() && at < most_problems; ++at)
    print_problem(report.problems[at]);
  if (report.problems.size() > most_problems)
    fmt::print("    and {} more: --json names them all.\n", report.problems.size() - most_problems);
  std::fflush(stdout);
}

json::object archive_report_json(const std::string& address, const archive::Report& report) {
  json::array folders;
  for (const auto& folder : report.folders)
    folders.push_back(json::object{{"name", printable(folder.name, 1000)},
                                   {"found", folder.found},
                                   {"before", folder.before},
                                   {"written", folder.written},
                                   {"renewed", folder.renewed},
                                   {"failed", folder.failed}});
  json::array problems;
  for (const auto& problem : report.problems)
    problems.push_back(json::object{{"folder", printable(problem.folder, 1000)},
                                    {"message", printable(problem.message, 1000)},
                                    {"reason", printable(problem.reason, 2000)},
                                    {"next_step", problem.next_step}});
  return {{"address", address}, {"folders", std::move(folders)}, {"problems", std::move(problems)}};
}

}  // namespace tandem::app
