// Reads the files of settings. Syntax is Boost.Program_options': `[section]`, `key = value`, `#` to
// the end of the line is a comment. UTF-8, with or without a byte order mark, any line ends.
// All problems are found in one pass, each with file, line and cure; unknown keys name the nearest
// known one. Relative paths are taken from the folder of the file. Files above 1 MiB are refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/migration_settings.hpp"
#include "config/problem.hpp"
#include "config/process_settings.hpp"

namespace tandem::config {

// `file` is used for messages, for the folder of relative paths and for a migration's name.
[[nodiscard]] Loaded<ProcessSettings> parse_process(std::string_view text, const std::string& file);
[[nodiscard]] Loaded<MigrationSettings> parse_migration(std::string_view text,
                                                        const std::string& file);
[[nodiscard]] Loaded<ProcessSettings> load_process(const std::string& path);
[[nodiscard]] Loaded<MigrationSettings> load_migration(const std::string& path);

struct Configuration {
  ProcessSettings process;
  std::vector<MigrationSettings> migrations;  // by name
};

// tandemail.conf at `path` and every migrations/*.conf beside it, and what only shows when they are
// looked at together (a domain in two migrations).
[[nodiscard]] Loaded<Configuration> load_configuration(const std::string& path);

// What `config --check` prints: one line per problem, then one line that sums up.
[[nodiscard]] std::string check_report(const Loaded<Configuration>& loaded);

}  // namespace tandem::config
