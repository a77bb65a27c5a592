#include "server/accounts/account_book.hpp"

#include <algorithm>
#include <exception>

#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::server {
namespace {

std::unexpected<Error> wrong() {
  return fail(Error{.kind = ErrorKind::authentication,
                    .what = "the name or the password is wrong",
                    .origin = Origin::client});
}

Result<std::optional<AccountId>> account_of(store::Sql& sql, const std::string& key) {
  return sql.integer(
      "SELECT id FROM server_account WHERE address_key = $1 "
      "UNION ALL SELECT account FROM server_alias WHERE address_key = $1 LIMIT 1",
      key);
}

config::SecretBinding binding(std::string_view key) {
  return {std::string(key), "server", "password"};
}

}  // namespace

AccountBook::AccountBook(store::Store& store, net::Offload& pool, const Clock& clock,
                         AccountSettings settings, const config::SecretBox* secrets)
    : store_(store),
      pool_(pool),
      clock_(clock),
      settings_(std::move(settings)),
      secrets_(secrets),
      nobody_(config::hash_password(random_bytes(16), settings_.cost)),
      throttle_(clock) {
  for (std::string& domain : settings_.domains) domain = mail::canonical_domain(domain);
}

bool AccountBook::serves_domain(std::string_view domain) const {
  return std::ranges::find(settings_.domains, mail::canonical_domain(domain)) !=
         settings_.domains.end();
}

Result<std::optional<AccountId>> AccountBook::lookup(std::string_view address) const {
  std::string text(address);
  if (iequals(text, "postmaster") && !settings_.domains.empty())
    text += "@" + settings_.domains.front();
  auto parsed = mail::parse_address(text);
  if (!parsed || !serves_domain(parsed->domain)) return std::nullopt;
  return store_.read([&](store::Sql& sql) -> Result<std::optional<AccountId>> {
    auto found = account_of(sql, mail::lookup_key(*parsed));
    const std::size_t plus = parsed->local.find('+');
    if (!found || *found || plus == std::string::npos || plus == 0) return found;
    parsed->local.resize(plus);
    return account_of(sql, mail::lookup_key(*parsed));
  });
}

Result<std::optional<AccountBook::Login>> AccountBook::find_login(const std::string& key) const {
  return store_.read([&](store::Sql& sql) -> Result<std::optional<Login>> {
    auto rows = sql.query(
        "SELECT id, hash FROM server_account WHERE address_key = $1 AND disabled = 0", key);
    std::optional<Login> found;
    if (rows.next()) found = Login{rows.integer(0), rows.text(1)};
    if (!rows.status()) return fail(rows.status().error());
    return found;
  });
}

net::Task<Result<bool>> AccountBook::verify(const Secret& password, const std::string& stored) {
  Result<bool> right = false;
  const std::function<void()> work = [&] {
    try {
      right = config::verify_password(password.reveal(), stored);
    } catch (const std::exception&) {  // scrypt found no memory
      right = fail(Error{.kind = ErrorKind::limit,
                         .what = "there is no memory to check a password",
                         .temporary = true});
    }
  };
  co_await pool_.run(work);
  co_return right;
}

net::Task<Result<AccountId>> AccountBook::authenticate_plain(std::string user, Secret password,
                                                             std::string peer) {
  const std::string key = login_key(user);
  auto found = find_login(key);
  if (!found) {
    found.error().temporary = true;
    co_return fail(std::move(found.error()));
  }
  const std::string stored = *found ? (*found)->hash : nobody_;
  const std::string proof = verified_.proof(stored, key, password.reveal());
  if (*found && verified_.contains((*found)->account, proof)) co_return (*found)->account;
  co_await hold_up(key, peer);
  if (throttle_.repeated(key, proof)) co_return wrong();
  const auto right = co_await verify(password, stored);
  if (!right) co_return fail(right.error());
  if (!*right || !*found) {
    throttle_.failed(key, peer, proof);
    co_return wrong();
  }
  throttle_.succeeded(key, peer);
  verified_.remember((*found)->account, proof);
  co_return (*found)->account;
}

net::Task<void> AccountBook::hold_up(std::string user, std::string peer) {
  const Duration delay = throttle_.delay(login_key(user), peer);
  if (delay > Duration(0)) (void)co_await net::sleep_for(delay);
}

void AccountBook::note_login(std::string_view user, std::string_view peer, bool succeeded) {
  if (succeeded)
    throttle_.succeeded(login_key(user), peer);
  else
    throttle_.failed(login_key(user), peer);
}

Result<std::optional<Accounts::Scram>> AccountBook::scram_keys(std::string_view user) const {
  const std::string key = login_key(user);
  return store_.read([&](store::Sql& sql) -> Result<std::optional<Scram>> {
    auto rows = sql.query(
        "SELECT id, scram_salt, scram_iterations, scram_stored, scram_server FROM server_account "
        "WHERE address_key = $1 AND disabled = 0",
        key);
    std::optional<Scram> found;
    if (rows.next())
      found = Scram{
          rows.integer(0),
          {rows.text(1), static_cast<std::uint32_t>(rows.integer(2)), rows.text(3), rows.text(4)}};
    if (!rows.status()) return fail(rows.status().error());
    return found;
  });
}

Result<std::optional<Accounts::Recoverable>> AccountBook::recoverable(std::string_view user) const {
  const std::string key = login_key(user);
  std::string sealed;
  AccountId account = 0;
  auto looked = store_.read([&](store::Sql& sql) -> Result<void> {
    auto rows = sql.query(
        "SELECT id, sealed FROM server_account WHERE address_key = $1 AND disabled = 0", key);
    if (rows.next()) {
      account = rows.integer(0);
      sealed = rows.text(1);
    }
    return rows.status();
  });
  if (!looked) return fail(std::move(looked.error()));
  if (sealed.empty() || secrets_ == nullptr) return std::nullopt;
  auto opened = secrets_->open(sealed, binding(key));
  if (!opened) return fail(std::move(opened.error()));
  return Recoverable{account, std::move(*opened)};
}

Accounts::Kept AccountBook::passwords_kept() const {
  const auto kept = store_.read([](store::Sql& sql) -> Result<Kept> {
    auto with =
        sql.integer("SELECT id FROM server_account WHERE sealed <> '' AND disabled = 0 LIMIT 1");
    if (!with) return fail(std::move(with.error()));
    if (!*with) return Kept::nobody;
    auto without =
        sql.integer("SELECT id FROM server_account WHERE sealed = '' AND disabled = 0 LIMIT 1");
    if (!without) return fail(std::move(without.error()));
    return *without ? Kept::some : Kept::everybody;
  });
  return secrets_ != nullptr ? kept.value_or(Kept::nobody) : Kept::nobody;
}

Result<Accounts::Intake> AccountBook::intake(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<Intake> {
    auto rows = sql.query("SELECT disabled, quota FROM server_account WHERE id = $1", account);
    Intake intake;
    if (rows.next()) intake = {rows.integer(0) != 0, static_cast<std::uint64_t>(rows.integer(1))};
    if (!rows.status()) return fail(rows.status().error());
    return intake;
  });
}

}  // namespace tandem::server
