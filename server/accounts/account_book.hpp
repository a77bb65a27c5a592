// AccountBook: the accounts of the built-in server, kept in its store beside the mailboxes: who
// there is, aliases, passwords. A password is kept as a scrypt hash with SCRAM-SHA-256 keys beside;
// the password itself only where the operator asks for it (CRAM-MD5, APOP), and then sealed.
// Scrypt runs on a pool; a password found right is remembered (VerifiedCache), guessers wait
// (LoginThrottle). Any thread.
//
// Addresses are compared by mail::lookup_key. "user+anything@domain" is "user@domain" unless it
// exists itself; "postmaster" alone is postmaster at the first domain (RFC 5321 4.1.1.3).
// Error kinds of the administration: invalid (address, password, a domain that is not ours),
// conflict (exists), not_found, and the store's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/password_hash.hpp"
#include "config/secret_box.hpp"
#include "lib/base/clock.hpp"
#include "lib/net/sync.hpp"
#include "lib/store/store.hpp"
#include "server/accounts/accounts.hpp"
#include "server/accounts/login_throttle.hpp"
#include "server/accounts/verified_cache.hpp"

namespace tandem::server {

struct AccountSettings {
  std::vector<std::string> domains;  // ours, in any spelling
  config::ScryptCost cost;
  // Enough that a stolen SCRAM key is no easier to guess from than is usual; a client does them,
  // too.
  std::uint32_t scram_iterations = 20'000;
};

struct NewAccount {
  std::string address;
  Secret password;
  std::uint64_t quota = 0;   // bytes; 0: none
  bool recoverable = false;  // keep the password, sealed
};

// An account as a list shows it.
struct AccountRow {
  AccountId id = 0;
  std::string address;
  bool disabled = false;
  bool recoverable = false;
  std::uint64_t quota = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  std::vector<std::string> aliases;
};

class AccountBook : public Accounts {
 public:
  // What it is given must outlive it. `secrets` null: nothing can be kept recoverable.
  AccountBook(store::Store& store, net::Offload& pool, const Clock& clock, AccountSettings settings,
              const config::SecretBox* secrets = nullptr);
  [[nodiscard]] static store::Schema schema();

  [[nodiscard]] Result<std::optional<AccountId>> lookup(std::string_view address) const override;
  [[nodiscard]] net::Task<Result<AccountId>> authenticate_plain(std::string user, Secret password,
                                                                std::string peer) override;
  [[nodiscard]] Result<std::optional<Scram>> scram_keys(std::string_view user) const override;
  void note_login(std::string_view user, std::string_view peer, bool succeeded) override;
  [[nodiscard]] Result<std::optional<Recoverable>> recoverable(
      std::string_view user) const override;
  [[nodiscard]] Kept passwords_kept() const override;
  [[nodiscard]] net::Task<void> hold_up(std::string user, std::string peer) override;
  [[nodiscard]] Result<Intake> intake(AccountId account) const override;

  // Administration (administration.cpp) ------------------------------------------------------
  // With INBOX and the usual folders.
  [[nodiscard]] net::Task<Result<AccountId>> create(NewAccount account);
  [[nodiscard]] net::Task<Result<void>> set_password(std::string address, Secret password,
                                                     bool recoverable = false);
  [[nodiscard]] net::Task<Result<void>> set_disabled(std::string address, bool disabled);
  [[nodiscard]] net::Task<Result<void>> set_quota(std::string address, std::uint64_t bytes);
  // With its mailboxes and aliases.
  [[nodiscard]] net::Task<Result<void>> remove(std::string address);
  [[nodiscard]] net::Task<Result<void>> add_alias(std::string alias, std::string address);
  [[nodiscard]] net::Task<Result<void>> remove_alias(std::string alias);
  [[nodiscard]] Result<std::vector<AccountRow>> list() const;  // by address

  [[nodiscard]] bool serves_domain(std::string_view domain) const;

 private:
  struct Login {
    AccountId account = 0;
    std::string hash;
  };
  struct Credentials {
    std::string hash;
    sasl::ScramKeys scram;
    std::string sealed;
  };
  [[nodiscard]] Result<std::optional<Login>> find_login(const std::string& key) const;
  [[nodiscard]] net::Task<Result<bool>> verify(const Secret& password, const std::string& stored);
  // The key of an address of ours that can be given out.
  [[nodiscard]] Result<std::string> own_key(std::string_view address) const;
  [[nodiscard]] net::Task<Result<Credentials>> make_credentials(std::string key, Secret password,
                                                                bool recoverable);
  [[nodiscard]] net::Task<Result<void>> change(store::Unit unit);

  store::Store& store_;
  net::Offload& pool_;
  const Clock& clock_;
  AccountSettings settings_;
  const config::SecretBox* secrets_;
  // Unknown names cost as much as known ones.
  std::string nobody_;
  VerifiedCache verified_;
  LoginThrottle throttle_;
};

}  // namespace tandem::server
