// tandemail import: accounts from a CSV file into the ledger. Nothing is imported while any row has
// an error; all of them are named, with row and cure.
#include <fmt/core.h>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/configuration.hpp"
#include "app/wait_for.hpp"
#include "config/accounts_csv.hpp"
#include "lib/base/text.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(Error{.kind = ErrorKind::not_found,
                      .what = "cannot read " + path,
                      .next_step = "Check the file's name and permissions."});
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

void print_problems(const config::AccountsCsv& csv) {
  for (const auto& problem : csv.problems) fmt::print(stderr, "{}\n", problem.to_string());
}

void print_problem(const std::string& file, const json::object& problem) {
  const config::Problem one{.severity = problem.at("severity") == "error"
                                            ? config::Severity::error
                                            : config::Severity::warning,
                            .file = file,
                            .line = problem.at("row").to_number<unsigned>(),
                            .column = std::string(problem.at("column").as_string()),
                            .what = std::string(problem.at("what").as_string()),
                            .cure = std::string(problem.at("cure").as_string())};
  fmt::print(stderr, "{}\n", one.to_string());
}

ExitCode print_done(const Arguments& arguments, std::uint64_t added, std::uint64_t changed,
                    std::uint64_t unchanged, bool clean) {
  if (arguments.has("json"))
    fmt::print("{{\"added\":{},\"changed\":{},\"unchanged\":{}}}\n", added, changed, unchanged);
  else
    fmt::print("{} accounts added, {} changed, {} unchanged.\n", added, changed, unchanged);
  return clean ? ExitCode::done : ExitCode::done_with_notes;
}

ExitCode print_refused() {
  fmt::print(stderr, "Nothing was imported. Mend the rows named above and import again.\n");
  return ExitCode::failed;
}

ExitCode import_offline(const Arguments& arguments, const Offline& offline,
                        const std::string& bytes) {
  const auto migration = offline.migration_name(arguments);
  if (!migration) return report(migration.error());
  const auto* settings = offline.registry->settings(*migration);
  if (settings == nullptr)
    return report({.kind = ErrorKind::not_found, .what = "no migration named " + *migration});
  auto csv = config::parse_accounts(bytes, arguments.words[0], settings->domains);
  print_problems(csv);
  if (!csv.ok()) return print_refused();
  const auto imported = wait_for<Result<migration::ImportReport>>(
      offline.registry->import_accounts(*migration, std::move(csv.rows), "command line"));
  if (!imported) return report(imported.error());
  return print_done(arguments, imported->added, imported->changed, imported->unchanged,
                    csv.problems.empty());
}

// A server is running and holds the ledger: it does the same for us.
ExitCode import_over_api(const Arguments& arguments, const std::string& bytes) {
  const auto configuration = load(arguments);
  if (!configuration) return report(configuration.error());
  const auto migration = migration_name(arguments, *configuration);
  if (!migration) return report(migration.error());
  const auto api = ApiClient::open(configuration->process);
  if (!api) return report(api.error());
  const json::object body = {
      {"migration", *migration}, {"file", arguments.words[0]}, {"csv", base64_encode(bytes)}};
  const auto answer = api->post("/api/accounts/import", json::serialize(body));
  if (!answer) return report(answer.error());
  const json::value told = json::parse(*answer);
  const auto& problems = told.at("problems").as_array();
  for (const auto& one : problems) print_problem(arguments.words[0], one.as_object());
  if (!told.at("imported").as_bool()) return print_refused();
  const auto count = [&told](std::string_view name) {
    return told.at(name).to_number<std::uint64_t>();
  };
  return print_done(arguments, count("added"), count("changed"), count("unchanged"),
                    problems.empty());
}

}  // namespace

ExitCode run_import(const Arguments& arguments) {
  if (arguments.words.size() != 1) return ExitCode::usage;
  const auto bytes = read_file(arguments.words[0]);
  if (!bytes) return report(bytes.error());
  const auto offline = Offline::open(arguments);
  if (offline) return import_offline(arguments, *offline, *bytes);
  // Another process has the ledger.
  if (offline.error().kind == ErrorKind::conflict) return import_over_api(arguments, *bytes);
  return report(offline.error());
}

}  // namespace tandem::app
