// What an Accounts that keeps no secrets, delays and quotas says.
#include "server/accounts/accounts.hpp"

#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"

namespace tandem::server {

std::string login_key(std::string_view user) {
  const auto address = mail::parse_address(user);
  return address ? mail::lookup_key(*address) : lower(user);
}

Result<std::optional<Accounts::Recoverable>> Accounts::recoverable(std::string_view) const {
  return std::nullopt;
}

net::Task<void> Accounts::hold_up(std::string, std::string) {
  co_return;
}

Result<Accounts::Intake> Accounts::intake(AccountId) const {
  return Intake{};
}

}  // namespace tandem::server
