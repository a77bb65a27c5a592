// What an Accounts that keeps no secrets, delays and quotas says.
#include "server/accounts/accounts.hpp"

namespace tandem::server {

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
