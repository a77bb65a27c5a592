#include "migration/registry.hpp"

#include <fmt/core.h>
#include <fstream>
#include <iterator>
#include <utility>

#include "config/login_pattern.hpp"
#include "config/migration_settings.hpp"
#include "config/secret_box.hpp"
#include "lib/base/text.hpp"
#include "lib/store/store.hpp"
#include "migration/oauth/next_steps.hpp"
#include "migration/registry_rows.hpp"

namespace tandem::migration {
namespace {

using config::MigrationSettings;
using config::SideSettings;

constexpr std::string_view select_accounts =
    "SELECT id, migration, address, phase, epoch, paused, note, old_login, old_password, "
    "new_login, "
    "new_password FROM migration_account ORDER BY address";

Result<std::vector<Account>> read_accounts(store::Sql& sql) {
  std::vector<Account> accounts;
  auto rows = sql.query(select_accounts);
  while (rows.next()) {
    const auto phase = phase_named(rows.view(3));
    if (!phase)
      return fail(ErrorKind::storage,
                  fmt::format("the ledger holds an unknown phase '{}'", rows.text(3)));
    accounts.push_back({.id = rows.integer(0),
                        .migration = rows.text(1),
                        .address = rows.text(2),
                        .phase = *phase,
                        .epoch = static_cast<std::uint64_t>(rows.integer(4)),
                        .paused = rows.integer(5) != 0,
                        .note = rows.text(6),
                        .logins = {{{rows.text(7), rows.text(8)}, {rows.text(9), rows.text(10)}}}});
  }
  if (!rows.status()) return fail(rows.status().error());
  return accounts;
}

bool keeps_refresh_tokens(const Registry& registry, const Account& account, Side side) {
  const auto* const migration = registry.settings(account.migration);
  return migration != nullptr &&
         settings_of(*migration, side).oauth.kind == config::OAuthKind::refresh_token;
}

Result<std::string> read_password_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file)
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "the master password file " + path + " cannot be read",
                      .next_step = "Check the path and the permissions of master_password_file."});
  std::string text{std::istreambuf_iterator<char>(file), {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

Registry::Registry(store::Store& store, std::vector<MigrationSettings> migrations,
                   const config::SecretBox& secrets, const Clock& clock)
    : store_(store),
      migrations_(std::move(migrations)),
      secrets_(secrets),
      clock_(clock),
      routes_(std::make_shared<const Routes>()) {}

Registry::~Registry() = default;

Result<std::unique_ptr<Registry>> Registry::open(store::Store& store,
                                                 std::vector<MigrationSettings> migrations,
                                                 const config::SecretBox& secrets,
                                                 const Clock& clock) {
  std::unique_ptr<Registry> registry(new Registry(store, std::move(migrations), secrets, clock));
  if (auto read = registry->publish(); !read) return fail(read.error());
  return registry;
}

const std::vector<MigrationSettings>& Registry::migrations() const {
  return migrations_;
}

const MigrationSettings* Registry::settings(std::string_view migration) const {
  for (const auto& settings : migrations_)
    if (settings.name == migration) return &settings;
  return nullptr;
}

Result<void> Registry::publish() {
  // One at a time: a snapshot read later must not be replaced by one read earlier.
  const std::lock_guard lock(publishing_);
  auto accounts = store_.read(read_accounts);
  if (!accounts) return fail(accounts.error());
  std::vector<RoutedDomainOwner> owners;
  for (const auto& migration : migrations_)
    owners.push_back({.migration = migration.name, .domains = migration.domains});
  routes_.store(std::make_shared<const Routes>(std::move(owners), std::move(*accounts),
                                               routes_.load()->generation() + 1));
  const std::lock_guard listening(listeners_->mutex);
  for (const auto& [id, call] : listeners_->calls) call();
  return {};
}

Registry::ChangeHandle Registry::on_change(std::function<void()> call) const {
  const std::lock_guard lock(listeners_->mutex);
  const std::uint64_t id = listeners_->next++;
  listeners_->calls.emplace(id, std::move(call));
  return ChangeHandle(nullptr, [all = listeners_, id](void*) {
    const std::lock_guard lock(all->mutex);
    all->calls.erase(id);
  });
}

Task<Result<void>> Registry::audit(std::string who, std::string what, std::string detail) {
  const std::int64_t now = to_ms(clock_.wall());
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) {
    return insert_audit(sql, now, who, what, detail);
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return Result<void>{};
}

Result<Credential> Registry::credential(const Account& account, Side side) const {
  const MigrationSettings* migration = settings(account.migration);
  if (migration == nullptr)
    return fail(ErrorKind::not_found, "no settings for migration " + account.migration);
  const SideSettings& there = settings_of(*migration, side);
  const SideLogin& login = account.login_at(side);
  if (!there.master_user.empty()) {
    auto master = read_password_file(there.master_password_file);
    if (!master) return fail(master.error());
    if (there.master_login == "authzid")
      return Credential{login.login, there.master_user, Secret(std::move(*master)), {}};
    return Credential{"",
                      config::master_login_name(there.master_login, login.login, there.master_user),
                      Secret(std::move(*master)),
                      {}};
  }
  auto password = own_password(account, side);
  if (!password) return fail(password.error());
  return Credential{"", login.login, std::move(*password), {}};
}

Result<Secret> Registry::own_password(const Account& account, Side side) const {
  if (!has_own_password(account, side))
    return fail(Error{.kind = ErrorKind::not_found,
                      .what = fmt::format("{}: no password is stored for the {} side",
                                          account.address, name_of(side)),
                      .next_step = "Import a CSV that contains it, or set a master user."});
  return secrets_.open(account.login_at(side).sealed_password, binding_of(account.address, side));
}

bool Registry::has_own_password(const Account& account, Side side) const {
  return !account.login_at(side).sealed_password.empty() &&
         !keeps_refresh_tokens(*this, account, side);
}

Result<Secret> Registry::refresh_token(const Account& account, Side side) const {
  const SideLogin& login = account.login_at(side);
  if (login.sealed_password.empty() || !keeps_refresh_tokens(*this, account, side))
    return fail(Error{.kind = ErrorKind::not_found,
                      .what = fmt::format("{}: no OAuth refresh token is stored for the {} side",
                                          account.address, name_of(side)),
                      .next_step = oauth::no_refresh_token_step(name_of(side))});
  return secrets_.open(login.sealed_password, binding_of(account.address, side));
}

Task<Result<void>> Registry::renew_refresh_token(Account account, Side side, Secret renewed) {
  const std::string before = account.login_at(side).sealed_password;
  const auto sealed = secrets_.seal(renewed.reveal(), binding_of(account.address, side));
  if (!sealed) co_return fail(sealed.error());
  const std::string_view update =
      side == Side::old_side
          ? "UPDATE migration_account SET old_password = $2 WHERE id = $1 AND old_password = $3"
          : "UPDATE migration_account SET new_password = $2 WHERE id = $1 AND new_password = $3";
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto done = sql.execute(update, account.id, *sealed, before);
    if (!done) return fail(done.error());
    return {};
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  co_return publish();
}

Result<std::vector<AuditEntry>> Registry::audit_log(std::size_t limit, std::int64_t before) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<AuditEntry>> {
    std::vector<AuditEntry> entries;
    auto rows = sql.query(
        "SELECT id, at_ms, who, what, detail FROM migration_audit WHERE $1 = 0 OR id < $1 "
        "ORDER BY id DESC LIMIT $2",
        before, limit);
    while (rows.next())
      entries.push_back(
          {rows.integer(0), from_ms(rows.integer(1)), rows.text(2), rows.text(3), rows.text(4)});
    if (!rows.status()) return fail(rows.status().error());
    return entries;
  });
}

Result<std::vector<StepRecord>> Registry::history(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<StepRecord>> {
    std::vector<StepRecord> steps;
    auto rows = sql.query(
        "SELECT at_ms, epoch, from_phase, to_phase, who FROM migration_step WHERE account = $1 "
        "ORDER BY epoch",
        account);
    while (rows.next())
      steps.push_back({from_ms(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)),
                       phase_named(rows.view(2)).value_or(Phase::old),
                       phase_named(rows.view(3)).value_or(Phase::old), rows.text(4)});
    if (!rows.status()) return fail(rows.status().error());
    return steps;
  });
}

const config::SideSettings& settings_of(const config::MigrationSettings& migration, Side side) {
  return side == Side::old_side ? migration.old_side : migration.new_side;
}

bool is_told_clients(const Registry& registry, const std::string& migration, Side side) {
  const auto* settings = registry.settings(migration);
  return settings != nullptr && settings_of(*settings, side).forward_client;
}

}  // namespace tandem::migration
