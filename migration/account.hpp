// An account: one mailbox of one person, with a log-in on each side. Read from the ledger; changed
// only through the Registry. Passwords are here in sealed form only.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "migration/phase.hpp"

namespace tandem::migration {

using AccountId = std::int64_t;  // the ledger's row id; 0: no account

struct SideLogin {
  std::string login;            // as this side wants it
  std::string sealed_password;  // config::SecretBox form; empty: not known
  bool operator==(const SideLogin&) const = default;
};

struct Account {
  AccountId id = 0;
  std::string migration;  // name of its migrations/NAME.conf
  std::string address;    // canonical (mail::Address)
  Phase phase = Phase::old;
  std::uint64_t epoch = 0;
  bool paused = false;  // the operator stopped copying
  std::string note;
  std::array<SideLogin, 2> logins;  // by Side

  [[nodiscard]] const SideLogin& login_at(Side side) const {
    return logins[static_cast<std::size_t>(side)];
  }
  bool operator==(const Account&) const = default;
};

// Nothing is copied for this account of the sync's own accord: an operator has paused it, or its
// phase has no mirror. What a person asks for (a cut-over, `sync --once`) is another thing.
[[nodiscard]] inline bool is_left_alone(const Account& account) {
  return account.paused || !mirror_of(account.phase);
}

}  // namespace tandem::migration
