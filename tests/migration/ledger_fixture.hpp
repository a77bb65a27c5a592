// A ledger in a temporary directory with one migration and three accounts, for this room's tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "config/accounts_csv.hpp"
#include "config/migration_settings.hpp"
#include "config/secret_box.hpp"
#include "lib/store/store.hpp"
#include "migration/registry.hpp"
#include "tests/support/run.hpp"

namespace tandem::migration {

struct TempDirectory {
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tandem-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path); }
  std::string path;
};

inline config::MigrationSettings example_settings() {
  config::MigrationSettings settings;
  settings.name = "example";
  settings.domains = {"example.jp"};
  settings.old_side.login = "{local}";
  return settings;
}

inline config::AccountRow row(std::string address, std::string old_password = "old-secret") {
  config::AccountRow account;
  account.address = std::move(address);
  account.old_password = Secret(std::move(old_password));
  return account;
}

struct Ledger {
  TempDirectory directory;
  ManualClock clock;
  config::SecretBox secrets = *config::SecretBox::from_key(Secret(std::string(32, 'k')));
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Registry> registry;

  Ledger() { open(); }
  void open() {
    auto opened = store::Store::open(directory.path + "/data", {Registry::schema()});
    REQUIRE(opened);
    store = std::move(*opened);
    auto made = Registry::open(*store, {example_settings()}, secrets, clock);
    REQUIRE(made);
    registry = std::move(*made);
  }
  void reopen() {
    registry.reset();
    store.reset();
    open();
  }
  ImportReport import(std::vector<config::AccountRow> rows) {
    ImportReport told;
    test::run([](Registry& to, std::vector<config::AccountRow> given,
                 ImportReport& told) -> net::Task<void> {
      const auto report = co_await to.import_accounts("example", std::move(given), "test");
      REQUIRE(report);
      told = *report;
    }(*registry, std::move(rows), told));
    return told;
  }
  Account account(std::string_view address) const { return *registry->routes()->account(address); }
};

}  // namespace tandem::migration
