// What most commands begin with: the configuration, the secrets and the ledger, opened in this
// order, each failing with a message that names the next step.
#pragma once

#include <memory>
#include <string>

#include "app/command.hpp"
#include "config/load.hpp"
#include "config/secret_box.hpp"
#include "lib/base/result.hpp"
#include "lib/store/store.hpp"
#include "migration/registry.hpp"

namespace tandem::app {

// --config, else $TANDEMAIL_CONFIG, else /etc/tandemail/tandemail.conf.
[[nodiscard]] std::string configuration_path(const Arguments& arguments);
// Prints every problem to standard error; Error invalid when there is one that matters.
[[nodiscard]] Result<config::Configuration> load(const Arguments& arguments);

// Makes the folder `data` (0700) where it is missing.
[[nodiscard]] Result<void> make_data_folder(const config::ProcessSettings& settings);
// The migration named by --migration, or the only one.
[[nodiscard]] Result<std::string> migration_name(const Arguments& arguments,
                                                 const config::Configuration& configuration);

// Error invalid: a `source_address` that this machine does not have.
[[nodiscard]] Result<void> check_source_addresses(const config::Configuration& configuration);

// The ledger with all rooms' tables.
[[nodiscard]] Result<std::unique_ptr<store::Store>> open_ledger(
    const config::ProcessSettings& settings);

// Configuration, secrets, ledger and registry together, for commands that work beside no server.
struct Offline {
  config::Configuration configuration;
  std::unique_ptr<config::SecretBox> secrets;
  std::unique_ptr<store::Store> ledger;
  std::unique_ptr<migration::Registry> registry;

  [[nodiscard]] static Result<Offline> open(const Arguments& arguments);
  // The migration named by --migration, or the only one.
  [[nodiscard]] Result<std::string> migration_name(const Arguments& arguments) const;
};

}  // namespace tandem::app
