// A ledger with one account between two IMAP servers, for this room's tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "config/accounts_csv.hpp"
#include "config/migration_settings.hpp"
#include "config/secret_box.hpp"
#include "lib/net/connector.hpp"
#include "lib/store/store.hpp"
#include "migration/account_leases.hpp"
#include "migration/account_locks.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "sync/sync.hpp"
#include "tests/support/run.hpp"

namespace tandem::sync {

inline constexpr Side old_side = Side::old_side;
inline constexpr Side new_side = Side::new_side;

struct TempDirectory {
  TempDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tandem-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path); }
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  std::string path;
};

struct AccountGiven {
  std::string address = "hanako@example.jp";
  std::string old_password = "old-secret";
  std::string new_password = "new-secret";
  std::string new_login;  // empty: the address
};

// Store, registry, connector and what else a Sync refers to. Can be closed and opened again, like a
// process that was restarted.
class World {
 public:
  World(config::MigrationSettings chosen, net::Executor executor, const Clock& clock,
        AccountGiven account = {}, std::string directory = "")
      : settings(std::move(chosen)),
        executor_(std::move(executor)),
        clock_(clock),
        given_(std::move(account)),
        directory_(directory.empty() ? temporary_.path + "/data" : std::move(directory)) {}

  config::MigrationSettings settings;  // as they are at open()
  net::Connector connector;
  migration::AccountLocks locks;
  std::unique_ptr<migration::AccountLeases> leases;
  migration::EventBus events;
  SyncOptions options{.our_hostname = "tandem.example"};
  store::StoreOptions store_options;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<migration::Registry> registry;
  std::unique_ptr<migration::SideAccess> access;
  std::unique_ptr<Sync> sync;
  migration::AccountId account = 0;

  net::Task<void> open() {
    leases = std::make_unique<migration::AccountLeases>();
    auto opened = store::Store::open(directory_, {migration::Registry::schema(), Sync::schema()},
                                     store_options);
    REQUIRE(opened);
    store = std::move(*opened);
    if (!store_options.in_memory) leases = open_leases("serve");
    std::vector<config::MigrationSettings> all(1, settings);
    auto made = migration::Registry::open(*store, all, secrets_, clock_);
    REQUIRE(made);
    registry = std::move(*made);
    std::vector<config::AccountRow> rows;
    config::AccountRow& row = rows.emplace_back();
    row.address = given_.address;
    row.old_login = given_.address;
    row.new_login = given_.new_login.empty() ? given_.address : given_.new_login;
    row.old_password = Secret(given_.old_password);
    row.new_password = Secret(given_.new_password);
    const auto imported = co_await registry->import_accounts(settings.name, std::move(rows), "t");
    REQUIRE(imported);
    account = registry->routes()->account(given_.address)->id;
    access = std::make_unique<migration::SideAccess>(*registry, connector);
    sync = std::make_unique<Sync>(*store, *registry, *access, locks, *leases, events, clock_,
                                  executor_, options);
  }
  void close() {
    sync.reset();
    access.reset();
    registry.reset();
    store.reset();
  }
  // As another process opens them.
  std::unique_ptr<migration::AccountLeases> open_leases(std::string command) const {
    const std::string path = migration::AccountLeases::path_in(directory_);
    auto opened = migration::AccountLeases::open(path, std::move(command), true);
    REQUIRE(opened);
    return std::move(*opened);
  }
  net::Task<void> step(migration::Step step) {
    const auto epoch = registry->routes()->account(account)->epoch;
    const auto taken = co_await registry->take_step(account, step, epoch, "test");
    REQUIRE(taken);
  }

 private:
  TempDirectory temporary_;
  net::Executor executor_;
  const Clock& clock_;
  AccountGiven given_;
  std::string directory_;
  config::SecretBox secrets_ = *config::SecretBox::from_key(Secret(std::string(32, 'k')));
};

}  // namespace tandem::sync
