// Accounts made, changed and removed.
#include <algorithm>
#include <exception>

#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "server/accounts/account_book.hpp"
#include "server/mailbox/mailboxes.hpp"

namespace tandem::server {
namespace {

Result<void> done(Result<std::int64_t> changed) {
  if (!changed) return fail(std::move(changed.error()));
  return {};
}

// A statement that must meet a row.
Result<void> met(Result<std::int64_t> changed, std::string_view what) {
  if (!changed) return fail(std::move(changed.error()));
  if (*changed == 0) return fail(ErrorKind::not_found, "there is no " + std::string(what));
  return {};
}

Result<void> check_free(store::Sql& sql, const std::string& key) {
  auto taken = sql.integer(
      "SELECT 1 FROM server_account WHERE address_key = $1 "
      "UNION ALL SELECT 1 FROM server_alias WHERE address_key = $1",
      key);
  if (!taken) return fail(std::move(taken.error()));
  if (*taken) return fail(ErrorKind::conflict, key + " exists already");
  return {};
}

Result<AccountId> need_account(store::Sql& sql, const std::string& key) {
  auto found = sql.integer("SELECT id FROM server_account WHERE address_key = $1", key);
  if (!found) return fail(std::move(found.error()));
  if (!*found) return fail(ErrorKind::not_found, "there is no account " + key);
  return **found;
}

std::int64_t seconds_of(WallTime time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

}  // namespace

Result<std::string> AccountBook::own_key(std::string_view address) const {
  const auto parsed = mail::parse_address(address);
  if (!parsed)
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = printable(address, 100) + " is not an address",
                      .next_step = "Write it like user@example.jp."});
  if (!serves_domain(parsed->domain))
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = parsed->domain + " is not a domain of the built-in server",
                      .next_step = "Name it in tandemail.conf first: [server] domains."});
  return mail::lookup_key(*parsed);
}

net::Task<Result<AccountBook::Credentials>> AccountBook::make_credentials(std::string key,
                                                                          Secret password,
                                                                          bool recoverable) {
  if (!sasl::is_clean(password.reveal()))
    co_return fail(Error{.kind = ErrorKind::invalid,
                         .what = "the password is empty, too long or holds control characters",
                         .next_step = "Choose 1 to 1024 bytes of UTF-8 text."});
  if (recoverable && secrets_ == nullptr)
    co_return fail(ErrorKind::invalid, "there is no key to seal a recoverable password with");
  Credentials made;
  std::string failure;
  const std::function<void()> work = [&] {
    try {
      made.hash = config::hash_password(password.reveal(), settings_.cost);
      made.scram = sasl::derive_scram_sha256(password.reveal(), random_bytes(16),
                                             settings_.scram_iterations);
    } catch (const std::exception& error) {
      failure = error.what();
    }
  };
  co_await pool_.run(work);
  if (!failure.empty())
    co_return fail(Error{.kind = ErrorKind::limit, .what = std::move(failure), .temporary = true});
  if (!recoverable) co_return made;
  auto sealed = secrets_->seal(password.reveal(), {key, "server", "password"});
  if (!sealed) co_return fail(std::move(sealed.error()));
  made.sealed = std::move(*sealed);
  co_return made;
}

net::Task<Result<void>> AccountBook::change(store::Unit unit) {
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  co_return Result<void>{};
}

net::Task<Result<AccountId>> AccountBook::create(NewAccount account) {
  const auto key = own_key(account.address);
  if (!key) co_return fail(key.error());
  const auto made =
      co_await make_credentials(*key, std::move(account.password), account.recoverable);
  if (!made) co_return fail(made.error());
  AccountId id = 0;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    if (auto free = check_free(sql, *key); !free) return free;
    auto inserted = sql.integer(
        "INSERT INTO server_account (address, address_key, hash, scram_salt, scram_iterations, "
        "scram_stored, scram_server, sealed, quota, created) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
        account.address, *key, made->hash, store::Blob{made->scram.salt}, made->scram.iterations,
        store::Blob{made->scram.stored_key}, store::Blob{made->scram.server_key}, made->sealed,
        account.quota, seconds_of(clock_.wall()));
    if (!inserted) return fail(std::move(inserted.error()));
    id = inserted->value_or(0);
    return Mailboxes::create_defaults(sql, id, clock_.wall());
  };
  const auto changed = co_await change(std::move(unit));
  if (!changed) co_return fail(changed.error());
  co_return id;
}

net::Task<Result<void>> AccountBook::set_password(std::string address, Secret password,
                                                  bool recoverable) {
  const std::string key = login_key(address);
  const auto made = co_await make_credentials(key, std::move(password), recoverable);
  if (!made) co_return fail(made.error());
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    return met(sql.execute("UPDATE server_account SET hash = $2, scram_salt = $3, "
                           "scram_iterations = $4, scram_stored = $5, scram_server = $6, "
                           "sealed = $7 WHERE address_key = $1",
                           key, made->hash, store::Blob{made->scram.salt}, made->scram.iterations,
                           store::Blob{made->scram.stored_key}, store::Blob{made->scram.server_key},
                           made->sealed),
               "account " + key);
  };
  co_return co_await change(std::move(unit));
}

net::Task<Result<void>> AccountBook::set_disabled(std::string address, bool disabled) {
  const std::string key = login_key(address);
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) {
    return met(sql.execute("UPDATE server_account SET disabled = $2 WHERE address_key = $1", key,
                           disabled),
               "account " + key);
  };
  co_return co_await change(std::move(unit));
}

net::Task<Result<void>> AccountBook::set_quota(std::string address, std::uint64_t bytes) {
  const std::string key = login_key(address);
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) {
    return met(
        sql.execute("UPDATE server_account SET quota = $2 WHERE address_key = $1", key, bytes),
        "account " + key);
  };
  co_return co_await change(std::move(unit));
}

net::Task<Result<void>> AccountBook::remove(std::string address) {
  const std::string key = login_key(address);
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    const auto id = need_account(sql, key);
    if (!id) return fail(id.error());
    if (auto gone = Mailboxes::remove_account(sql, *id); !gone) return gone;
    if (auto gone = done(sql.execute("DELETE FROM server_alias WHERE account = $1", *id)); !gone)
      return gone;
    return done(sql.execute("DELETE FROM server_account WHERE id = $1", *id));
  };
  co_return co_await change(std::move(unit));
}

net::Task<Result<void>> AccountBook::add_alias(std::string alias, std::string address) {
  const auto alias_key = own_key(alias);
  if (!alias_key) co_return fail(alias_key.error());
  const std::string key = login_key(address);
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    const auto id = need_account(sql, key);
    if (!id) return fail(id.error());
    if (auto free = check_free(sql, *alias_key); !free) return free;
    return done(
        sql.execute("INSERT INTO server_alias (address_key, address, account) VALUES ($1, $2, $3)",
                    *alias_key, alias, *id));
  };
  co_return co_await change(std::move(unit));
}

net::Task<Result<void>> AccountBook::remove_alias(std::string alias) {
  const std::string key = login_key(alias);
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) {
    return met(sql.execute("DELETE FROM server_alias WHERE address_key = $1", key), "alias " + key);
  };
  co_return co_await change(std::move(unit));
}

Result<std::vector<AccountRow>> AccountBook::list() const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<AccountRow>> {
    std::vector<AccountRow> all;
    auto rows = sql.query(
        "SELECT a.id, a.address, a.disabled, a.sealed <> '', a.quota, "
        "coalesce(sum(b.messages), 0), coalesce(sum(b.bytes), 0) "
        "FROM server_account a LEFT JOIN mailbox_box b ON b.account = a.id "
        "GROUP BY a.id ORDER BY a.address_key");
    while (rows.next())
      all.push_back({rows.integer(0),
                     rows.text(1),
                     rows.integer(2) != 0,
                     rows.integer(3) != 0,
                     static_cast<std::uint64_t>(rows.integer(4)),
                     static_cast<std::uint64_t>(rows.integer(5)),
                     static_cast<std::uint64_t>(rows.integer(6)),
                     {}});
    if (!rows.status()) return fail(rows.status().error());
    auto aliases = sql.query("SELECT account, address FROM server_alias ORDER BY address_key");
    while (aliases.next()) {
      const auto of = std::ranges::find(all, aliases.integer(0), &AccountRow::id);
      if (of != all.end()) of->aliases.push_back(aliases.text(1));
    }
    if (!aliases.status()) return fail(aliases.status().error());
    return all;
  });
}

}  // namespace tandem::server
