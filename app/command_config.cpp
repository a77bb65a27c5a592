// tandemail config: the configuration looked at without running anything.
#include <fmt/core.h>

#include "app/command.hpp"
#include "app/configuration.hpp"
#include "config/explain.hpp"
#include "config/load.hpp"

namespace tandem::app {

ExitCode run_config(const Arguments& arguments) {
  if (arguments.has("explain")) {
    fmt::print("{}", config::explain(arguments.has("ja") ? config::Language::japanese
                                                         : config::Language::english));
    return ExitCode::done;
  }
  if (arguments.has("sample")) {
    fmt::print("{}", config::sample(config::File::process));
    return ExitCode::done;
  }
  if (arguments.has("sample-migration")) {
    fmt::print("{}", config::sample(config::File::migration));
    return ExitCode::done;
  }
  const auto loaded = config::load_configuration(configuration_path(arguments));
  fmt::print("{}", config::check_report(loaded));
  if (!loaded.ok()) return ExitCode::failed;
  if (const auto ours = check_source_addresses(loaded.settings); !ours) return report(ours.error());
  return loaded.problems.empty() ? ExitCode::done : ExitCode::done_with_notes;
}

}  // namespace tandem::app
