// Accounts as the rest of the server sees them: who is behind an address, and who is logging in.
// Everything that speaks a protocol is written against this class alone; tests use a fake. Any
// thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"
#include "lib/net/task.hpp"
#include "lib/protocol/sasl/scram_keys.hpp"

namespace tandem::server {

using AccountId = std::int64_t;

class Accounts {
 public:
  virtual ~Accounts() = default;

  struct Scram {
    AccountId account = 0;
    sasl::ScramKeys keys;
  };

  // The account that mail to `address` is for, aliases included; nothing: no such mailbox here.
  // `address` in any spelling (see mail::lookup_key). Error: storage.
  [[nodiscard]] virtual Result<std::optional<AccountId>> lookup(std::string_view address) const = 0;
  // Checks a password; slow by intent, off the network threads. Error kinds: authentication (wrong,
  // unknown or disabled: the words do not tell which), or a temporary one.
  // `peer`: the client's address, for the delay of guessers; empty for in-process.
  [[nodiscard]] virtual net::Task<Result<AccountId>> authenticate_plain(std::string user,
                                                                        Secret password,
                                                                        std::string peer) = 0;
  // What SCRAM-SHA-256 needs; nothing: unknown, disabled, or without keys.
  [[nodiscard]] virtual Result<std::optional<Scram>> scram_keys(std::string_view user) const = 0;
  // Tells the delay of guessers how an exchange without authenticate_plain (SCRAM) ended.
  virtual void note_login(std::string_view user, std::string_view peer, bool succeeded) = 0;

  struct Recoverable {
    AccountId account = 0;
    Secret password;
  };
  // The password itself, for CRAM-MD5 and APOP; nothing: unknown, disabled, or (the rule) not kept.
  [[nodiscard]] virtual Result<std::optional<Recoverable>> recoverable(std::string_view user) const;
  // Of how many enabled accounts the password is kept. APOP is offered where it can work for
  // somebody; CRAM-MD5 where it works for everybody, because a client that sees it in the list
  // takes it and fails without trying another.
  enum class Kept : std::uint8_t { nobody, some, everybody };
  [[nodiscard]] virtual Kept passwords_kept() const { return Kept::nobody; }
  // Waits as long as the guessers' delay says, before an exchange without authenticate_plain.
  [[nodiscard]] virtual net::Task<void> hold_up(std::string user, std::string peer);

  // What delivery asks of an account that lookup() found.
  struct Intake {
    bool disabled = false;    // takes no mail and no log-in
    std::uint64_t quota = 0;  // bytes; 0: none
  };
  [[nodiscard]] virtual Result<Intake> intake(AccountId account) const;
};

// What log-in names are compared by: an address's lookup_key; anything else in lower case.
[[nodiscard]] std::string login_key(std::string_view user);

}  // namespace tandem::server
