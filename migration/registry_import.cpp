// Importing accounts: passwords are sealed before anything is written; the whole file is one unit.
#include <fmt/core.h>
#include <span>
#include <utility>

#include "config/accounts_csv.hpp"
#include "config/login_pattern.hpp"
#include "lib/base/text.hpp"
#include "lib/store/store.hpp"
#include "migration/registry.hpp"
#include "migration/registry_rows.hpp"

namespace tandem::migration {

using config::MigrationSettings;

namespace {

struct SealedRow {
  std::string address;
  std::string note;
  std::array<SideLogin, 2> logins;
};

// What rows are sealed with, and what is known already.
struct Sealing {
  const MigrationSettings& migration;
  const config::SecretBox& secrets;
  const Routes& known;
};

// The known seal where it holds the same password: sealing it again would look like a change, and
// an account that waits for a better password would be tried again with the wrong one.
Result<std::string> seal(const Sealing& with, const std::string& address, Side side,
                         const Secret& password) {
  if (password.empty()) return std::string();
  const config::SecretBinding binding = binding_of(address, side);
  if (const Account* before = with.known.account(address)) {
    const std::string& kept = before->login_at(side).sealed_password;
    const auto opened = with.secrets.open(kept, binding);
    if (opened && *opened == password) return kept;
  }
  return with.secrets.seal(password.reveal(), binding);
}

Result<SideLogin> side_login(const Sealing& with, const std::string& address, Side side,
                             const std::string& given, const Secret& password) {
  SideLogin login{.login = given};
  if (login.login.empty())
    login.login =
        config::login_name(settings_of(with.migration, side).login, address).value_or(address);
  auto sealed = seal(with, address, side, password);
  if (!sealed) return fail(sealed.error());
  login.sealed_password = std::move(*sealed);
  return login;
}

Result<SealedRow> seal_row(const Sealing& with, const config::AccountRow& row) {
  SealedRow sealed{.address = lower(row.address), .note = row.note};
  auto old_login =
      side_login(with, sealed.address, Side::old_side, row.old_login, row.old_password);
  if (!old_login) return fail(old_login.error());
  auto new_login =
      side_login(with, sealed.address, Side::new_side, row.new_login, row.new_password);
  if (!new_login) return fail(new_login.error());
  sealed.logins = {std::move(*old_login), std::move(*new_login)};
  return sealed;
}

// A log-in that is not in the file, or in it as it was before.
bool keeps(const SideLogin& before, const SideLogin& row) {
  return before.login == row.login &&
         (row.sealed_password.empty() || before.sealed_password == row.sealed_password);
}

Result<void> insert_account(store::Sql& sql, const std::string& migration, const SealedRow& row) {
  const auto done = sql.execute(
      "INSERT INTO migration_account (migration, address, phase, epoch, note, old_login, "
      "old_password, new_login, new_password) VALUES ($1, $2, 'old', 1, $3, $4, $5, $6, $7)",
      migration, row.address, row.note, row.logins[0].login, row.logins[0].sealed_password,
      row.logins[1].login, row.logins[1].sealed_password);
  if (!done) return fail(done.error());
  return {};
}

// A password that is not in the file stays as it was: a second import may bring names only.
Result<void> update_account(store::Sql& sql, AccountId id, const SealedRow& row) {
  const auto done = sql.execute(
      "UPDATE migration_account SET note = $2, old_login = $3, new_login = $5, "
      "old_password = CASE WHEN $4 = '' THEN old_password ELSE $4 END, "
      "new_password = CASE WHEN $6 = '' THEN new_password ELSE $6 END WHERE id = $1",
      id, row.note, row.logins[0].login, row.logins[0].sealed_password, row.logins[1].login,
      row.logins[1].sealed_password);
  if (!done) return fail(done.error());
  return {};
}

}  // namespace

Task<Result<ImportReport>> Registry::import_accounts(std::string migration,
                                                     std::vector<config::AccountRow> rows,
                                                     std::string who) {
  const MigrationSettings* owner = settings(migration);
  if (owner == nullptr) co_return fail(ErrorKind::not_found, "no migration named " + migration);
  const auto known = routes();
  const Sealing with{*owner, secrets_, *known};
  std::vector<SealedRow> sealed;
  for (const auto& row : rows) {
    auto one = seal_row(with, row);
    if (!one) co_return fail(one.error());
    sealed.push_back(std::move(*one));
  }
  ImportReport report;
  const std::int64_t now = to_ms(clock_.wall());
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    for (const SealedRow& row : sealed) {
      const Account* before = known->account(row.address);
      if (before != nullptr && before->migration != migration)
        return fail(ErrorKind::conflict,
                    row.address + " belongs to migration " + before->migration);
      const bool same = before != nullptr && before->note == row.note &&
                        keeps(before->logins[0], row.logins[0]) &&
                        keeps(before->logins[1], row.logins[1]);
      auto done = before == nullptr ? insert_account(sql, migration, row)
                  : same            ? Result<void>{}
                                    : update_account(sql, before->id, row);
      if (!done) return done;
      ++(before == nullptr ? report.added : same ? report.unchanged : report.changed);
    }
    return insert_audit(
        sql, now, who, "import",
        fmt::format("{}: {} added, {} changed", migration, report.added, report.changed));
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  if (auto read = publish(); !read) co_return fail(read.error());
  co_return report;
}

}  // namespace tandem::migration
