#include "app/configuration.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fmt/core.h>
#include <sys/stat.h>
#include <utility>

#include "lib/net/socket_address.hpp"

namespace tandem::app {

std::string configuration_path(const Arguments& arguments) {
  const char* environment = std::getenv("TANDEMAIL_CONFIG");
  const std::string fallback =
      environment != nullptr ? environment : "/etc/tandemail/tandemail.conf";
  return arguments.get("config", fallback);
}

Result<config::Configuration> load(const Arguments& arguments) {
  auto loaded = config::load_configuration(configuration_path(arguments));
  for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.to_string());
  if (!loaded.ok())
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "the configuration cannot be used",
                      .next_step = "Mend the lines named above; 'tandemail config --explain' lists "
                                   "every key."});
  return std::move(loaded.settings);
}

Result<void> check_source_addresses(const config::Configuration& configuration) {
  for (const auto& migration : configuration.migrations)
    for (const auto* const side : {&migration.old_side, &migration.new_side})
      for (const auto& source : side->source_addresses) {
        const auto ours = net::is_ours(source);
        if (ours) continue;
        const auto* const section = side == &migration.old_side ? "old" : "new";
        return fail(Error{
            .kind = ErrorKind::invalid,
            .what = fmt::format("migrations/{}.conf, [{}] source_address: this machine cannot "
                                "connect from {}: {}",
                                migration.name, section, source, ours.error().what),
            .next_step = fmt::format("Give the address to this machine ('ip address' lists what "
                                     "it has), or take it out of source_address in [{}].",
                                     section)});
      }
  return {};
}

Result<void> make_data_folder(const config::ProcessSettings& settings) {
  if (::mkdir(settings.data.c_str(), 0700) == 0 || errno == EEXIST) return {};
  return fail(
      Error{.kind = ErrorKind::storage,
            .what = fmt::format("cannot create {}: {}", settings.data, std::strerror(errno)),
            .next_step = "Create the folder for tandemail's user, with mode 0700."});
}

Result<std::unique_ptr<store::Store>> open_ledger(const config::ProcessSettings& settings) {
  if (auto made = make_data_folder(settings); !made) return fail(made.error());
  return store::Store::open(settings.data + "/ledger", {migration::Registry::schema()});
}

Result<Offline> Offline::open(const Arguments& arguments) {
  Offline offline;
  const auto environment = config::take_secret_environment();
  auto configuration = load(arguments);
  if (!configuration) return fail(configuration.error());
  offline.configuration = std::move(*configuration);
  const config::ProcessSettings& process = offline.configuration.process;
  auto secrets = config::open_secret_box(process.secrets_key, process.data, environment);
  if (!secrets) return fail(secrets.error());
  offline.secrets = std::make_unique<config::SecretBox>(std::move(*secrets));
  auto ledger = open_ledger(process);
  if (!ledger) return fail(ledger.error());
  offline.ledger = std::move(*ledger);
  auto registry = migration::Registry::open(*offline.ledger, offline.configuration.migrations,
                                            *offline.secrets, system_clock());
  if (!registry) return fail(registry.error());
  offline.registry = std::move(*registry);
  return offline;
}

Result<std::string> Offline::migration_name(const Arguments& arguments) const {
  return app::migration_name(arguments, configuration);
}

Result<std::string> migration_name(const Arguments& arguments,
                                   const config::Configuration& configuration) {
  if (arguments.has("migration")) return arguments.get("migration");
  if (configuration.migrations.size() == 1) return configuration.migrations[0].name;
  return fail(Error{.kind = ErrorKind::invalid,
                    .what = configuration.migrations.empty() ? "no migration is configured"
                                                             : "several migrations are configured",
                    .next_step = configuration.migrations.empty()
                                     ? "Write migrations/NAME.conf beside tandemail.conf first."
                                     : "Say which one with --migration NAME."});
}

}  // namespace tandem::app
