#include "config/load.hpp"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>
#include <map>
#include <tuple>

#include "config/finish.hpp"
#include "config/option_row.hpp"

namespace tandem::config {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t size_limit = 2U << 20;  // the reader refuses above 1 MiB, with words

std::string folder_of(const std::string& file) {
  std::error_code ignored;
  return fs::absolute(file, ignored).parent_path().string();
}

Loaded<ProcessSettings> parse(std::string_view text, const std::string& name, bool with_files) {
  auto file = read_settings(text, name, File::process);
  ProcessSettings settings;
  apply(settings, file, process_rows(), folder_of(name));
  finish(settings, file);
  if (with_files) check_files(settings, file);
  return {std::move(settings), std::move(file.problems)};
}

Loaded<MigrationSettings> parse_one(std::string_view text, const std::string& name,
                                    bool with_files) {
  auto file = read_settings(text, name, File::migration);
  MigrationSettings settings;
  settings.name = fs::path(name).stem().string();
  // Left open, so that the preset can tell them from what the file says.
  settings.old_side.login.clear();
  settings.new_side.login.clear();
  apply(settings, file, migration_rows(), folder_of(name));
  finish(settings, file);
  if (with_files) check_files(settings, file);
  return {std::move(settings), std::move(file.problems)};
}

// Nothing: there is a problem instead.
std::optional<std::string> read_file(const std::string& path, Problems& problems) {
  std::error_code failed;
  const auto status = fs::status(path, failed);
  std::ifstream stream(path, std::ios::binary);
  if (!fs::is_regular_file(status) || !stream || fs::file_size(path, failed) > size_limit) {
    problems.push_back(
        {.file = path,
         .what = fs::exists(status) ? "This file cannot be read." : "There is no such file.",
         .cure = fs::exists(status) ? "Is it a text file that this user may read?"
                                    : "tandemail init makes one; or name another with --config."});
    return std::nullopt;
  }
  return std::string(std::istreambuf_iterator<char>(stream), {});
}

void sort_by_line(Problems& problems) {
  std::ranges::sort(problems, {},
                    [](const Problem& problem) { return std::tie(problem.line, problem.what); });
}

// The paths of migrations/*.conf beside the process' file, by name.
std::vector<std::string> migration_files(const std::string& path) {
  std::vector<std::string> files;
  std::error_code failed;
  const auto folder = fs::path(path).parent_path() / "migrations";
  for (const auto& entry : fs::directory_iterator(folder, failed))
    if (entry.path().extension() == ".conf") files.push_back(entry.path().string());
  std::ranges::sort(files);
  return files;
}

void check_shared_domains(const std::vector<std::pair<std::string, MigrationSettings>>& migrations,
                          Problems& problems) {
  std::map<std::string, std::string> owner;
  for (const auto& [file, settings] : migrations)
    for (const auto& domain : settings.domains) {
      const auto [earlier, is_new] = owner.emplace(domain, file);
      if (!is_new && earlier->second != file)
        problems.push_back(
            {.file = file,
             .what = fmt::format("{} moves already in {}.", domain, earlier->second),
             .cure = "A domain belongs to one migration: remove it from one of the files."});
    }
}

// What [relay] needs of the process.
void check_relays(const ProcessSettings& process, const std::string& path,
                  const std::vector<std::pair<std::string, MigrationSettings>>& migrations,
                  Problems& problems) {
  const bool listens = !process.listen.relay.empty();
  bool used = false;
  for (const auto& [file, settings] : migrations) {
    if (settings.relay.from.empty()) continue;
    used = true;
    if (!listens)
      problems.push_back({.file = file,
                          .what = "[relay] names machines, but no port is open to them.",
                          .cure = "Add relay = address:port in [listen] of tandemail.conf."});
    else if (settings.relay.tls_required && process.tls.empty())
      problems.push_back({.file = file,
                          .what = "[relay] requires TLS, and there is no certificate.",
                          .cure = "Set certificate and key in [tls], or tls = optional."});
  }
  if (listens && !used)
    problems.push_back({.severity = Severity::warning,
                        .file = path,
                        .what = "listen.relay serves nobody: no migration has a [relay].",
                        .cure = "Remove the line, or name the machines in a migration's [relay]."});
}

template <class T>
Loaded<T> load(const std::string& path,
               Loaded<T> (*parse_text)(std::string_view, const std::string&, bool)) {
  Loaded<T> loaded;
  if (const auto text = read_file(path, loaded.problems)) loaded = parse_text(*text, path, true);
  sort_by_line(loaded.problems);
  return loaded;
}

}  // namespace

Loaded<ProcessSettings> parse_process(std::string_view text, const std::string& file) {
  auto loaded = parse(text, file, false);
  sort_by_line(loaded.problems);
  return loaded;
}

Loaded<MigrationSettings> parse_migration(std::string_view text, const std::string& file) {
  auto loaded = parse_one(text, file, false);
  sort_by_line(loaded.problems);
  return loaded;
}

Loaded<ProcessSettings> load_process(const std::string& path) {
  return load(path, parse);
}
Loaded<MigrationSettings> load_migration(const std::string& path) {
  return load(path, parse_one);
}

Loaded<Configuration> load_configuration(const std::string& path) {
  Loaded<Configuration> all;
  auto process = load_process(path);
  all.settings.process = std::move(process.settings);
  all.problems = std::move(process.problems);
  std::vector<std::pair<std::string, MigrationSettings>> migrations;
  for (const auto& file : migration_files(path)) {
    auto loaded = load_migration(file);
    std::ranges::move(loaded.problems, std::back_inserter(all.problems));
    migrations.emplace_back(file, std::move(loaded.settings));
  }
  check_shared_domains(migrations, all.problems);
  check_relays(all.settings.process, path, migrations, all.problems);
  for (auto& [file, settings] : migrations) all.settings.migrations.push_back(std::move(settings));
  return all;
}

std::string check_report(const Loaded<Configuration>& loaded) {
  std::string text;
  std::size_t errors = 0;
  for (const auto& problem : loaded.problems) {
    text += problem.to_string() + "\n";
    errors += problem.severity == Severity::error ? 1 : 0;
  }
  const auto warnings = loaded.problems.size() - errors;
  if (errors == 0 && warnings == 0)
    return fmt::format("The configuration is in order: {} migration(s).\n",
                       loaded.settings.migrations.size());
  return text + fmt::format("{} error(s), {} warning(s).\n", errors, warnings);
}

}  // namespace tandem::config
