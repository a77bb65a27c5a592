// tandemail import: accounts from a CSV file into the ledger. Nothing is imported while any row has
// an error; all of them are named, with row and cure.
#include <fmt/core.h>
#include <fstream>
#include <iterator>

#include "app/command.hpp"
#include "app/configuration.hpp"
#include "app/wait_for.hpp"
#include "config/accounts_csv.hpp"

namespace tandem::app {
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

}  // namespace

ExitCode run_import(const Arguments& arguments) {
  if (arguments.words.size() != 1) return ExitCode::usage;
  auto bytes = read_file(arguments.words[0]);
  if (!bytes) return report(bytes.error());
  auto offline = Offline::open(arguments);
  if (!offline) return report(offline.error());
  const auto migration = offline->migration_name(arguments);
  if (!migration) return report(migration.error());
  const auto* settings = offline->registry->settings(*migration);
  if (settings == nullptr)
    return report({.kind = ErrorKind::not_found, .what = "no migration named " + *migration});
  auto csv = config::parse_accounts(*bytes, arguments.words[0], settings->domains);
  print_problems(csv);
  if (!csv.ok()) {
    fmt::print(stderr, "Nothing was imported. Mend the rows named above and import again.\n");
    return ExitCode::failed;
  }
  const auto imported = wait_for<Result<migration::ImportReport>>(
      offline->registry->import_accounts(*migration, std::move(csv.rows), "command line"));
  if (!imported) return report(imported.error());
  if (arguments.has("json"))
    fmt::print("{{\"added\":{},\"changed\":{},\"unchanged\":{}}}\n", imported->added,
               imported->changed, imported->unchanged);
  else
    fmt::print("{} accounts added, {} changed, {} unchanged.\n", imported->added, imported->changed,
               imported->unchanged);
  return csv.problems.empty() ? ExitCode::done : ExitCode::done_with_notes;
}

}  // namespace tandem::app
