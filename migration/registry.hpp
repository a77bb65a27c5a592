// Registry: the ledger's accounts and their phases. It is the only writer of both; every change is
// one committed unit, and only then a new Routes snapshot is published. Opened once per process.
//
// Threads: routes() and the getters any; the coroutines any io thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"
#include "lib/base/snapshot.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"
#include "migration/routes.hpp"

namespace tandem::store {
class Store;
struct Schema;
class Sql;
}  // namespace tandem::store
namespace tandem::config {
class SecretBox;
struct AccountRow;
struct MigrationSettings;
struct SideSettings;
enum class OAuthKind : std::uint8_t;
}  // namespace tandem::config

namespace tandem::migration {

using net::Task;

struct ImportReport {
  std::size_t added = 0;
  std::size_t changed = 0;  // log-in or password differ from what was known
  std::size_t unchanged = 0;
};

// What a log-in on a side needs (SASL PLAIN's three fields, RFC 4616; or a name and a token).
struct Credential {
  std::string authorization;  // empty: the same as `login`
  std::string login;
  Secret password;
  Secret token;  // OAuth, instead of a password
};

struct AuditEntry {
  std::int64_t id = 0;  // rises with every entry
  WallTime at{};
  std::string who;
  std::string what;  // "import", "cut over", "pause", "log in", …
  std::string detail;
};

// A step of one account, as the history shows it.
struct StepRecord {
  WallTime at{};
  std::uint64_t epoch = 0;
  Phase from = Phase::old;
  Phase to = Phase::old;
  std::string who;
};

class Registry {
 public:
  // The tables this room needs; give it to Store::open.
  [[nodiscard]] static store::Schema schema();

  // Reads the ledger. `migrations` are the settings read from migrations/*.conf.
  static Result<std::unique_ptr<Registry>> open(store::Store& store,
                                                std::vector<config::MigrationSettings> migrations,
                                                const config::SecretBox& secrets,
                                                const Clock& clock);
  ~Registry();

  // For what this room keeps beside accounts (pop3_index.hpp).
  [[nodiscard]] store::Store& ledger() const { return store_; }

  [[nodiscard]] std::shared_ptr<const Routes> routes() const { return routes_.load(); }
  [[nodiscard]] const Clock& clock() const { return clock_; }

  // Runs `call` after each change of accounts, when routes() has it, until the handle goes; not
  // after that. On the thread that made the change: it is to be quick, and to ask nothing of the
  // registry.
  using ChangeHandle = std::shared_ptr<void>;
  [[nodiscard]] ChangeHandle on_change(std::function<void()> call) const;
  // For who only reads the ledger beside its writer: routes() as of now.
  [[nodiscard]] Result<void> read_again() { return publish(); }

  [[nodiscard]] const std::vector<config::MigrationSettings>& migrations() const;
  // Nothing when no migration of that name exists.
  [[nodiscard]] const config::MigrationSettings* settings(std::string_view migration) const;

  // Adds accounts or renews their log-ins; passwords are sealed. New accounts are in phase `old`.
  Task<Result<ImportReport>> import_accounts(std::string migration,
                                             std::vector<config::AccountRow> rows, std::string who);
  // One step, durable when it returns. Fails with conflict when the account is not in the epoch the
  // caller saw, or when the step does not begin in its phase.
  Task<Result<Account>> take_step(AccountId account, Step step, std::uint64_t seen_epoch,
                                  std::string who);
  Task<Result<void>> set_paused(AccountId account, bool paused, std::string who);

  // How to log in as this account on a side by a password: its own, or the side's master user's.
  // not_found: none is stored; the next step says what to do. Where a side has `oauth`, ask
  // SideAccess, which has the tokens.
  [[nodiscard]] Result<Credential> credential(const Account& account, Side side) const;

  // The account's own password on a side, whether or not there is a master user: for a person's
  // log-in, which never becomes the master user. not_found: none is stored, or what is stored is a
  // refresh token, which is shown to the token server only.
  [[nodiscard]] Result<Secret> own_password(const Account& account, Side side) const;

  [[nodiscard]] bool has_own_password(const Account& account, Side side) const;

  // Of a side with `oauth = refresh-token`: what is stored in the password's place. not_found:
  // none.
  [[nodiscard]] Result<Secret> refresh_token(const Account& account, Side side) const;
  // The token server gave another one for it. It takes the place of `account`'s, unless that has
  // been replaced meanwhile (an import); durable when it returns.
  Task<Result<void>> renew_refresh_token(Account account, Side side, Secret renewed);

  Task<Result<void>> audit(std::string who, std::string what, std::string detail);
  // Newest first; with `before`, only entries with a smaller id.
  [[nodiscard]] Result<std::vector<AuditEntry>> audit_log(std::size_t limit,
                                                          std::int64_t before = 0) const;
  [[nodiscard]] Result<std::vector<StepRecord>> history(AccountId account) const;

 private:
  Registry(store::Store& store, std::vector<config::MigrationSettings> migrations,
           const config::SecretBox& secrets, const Clock& clock);
  Result<void> publish();  // reads all accounts, swaps the snapshot and tells of it

  store::Store& store_;
  std::vector<config::MigrationSettings> migrations_;
  const config::SecretBox& secrets_;
  const Clock& clock_;
  Snapshot<Routes> routes_;
  std::mutex publishing_;
  // Outlives the registry as long as a handle does.
  struct Listeners {
    std::mutex mutex;
    std::map<std::uint64_t, std::function<void()>> calls;
    std::uint64_t next = 1;
  };
  std::shared_ptr<Listeners> listeners_ = std::make_shared<Listeners>();
};

// One side's settings.
[[nodiscard]] const config::SideSettings& settings_of(const config::MigrationSettings& migration,
                                                      Side side);
// Whether this side's servers trust us and are told of each client (`forward_client`).
[[nodiscard]] bool is_told_clients(const Registry& registry, const std::string& migration,
                                   Side side);

}  // namespace tandem::migration
