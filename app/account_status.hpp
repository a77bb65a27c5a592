// tandemail status ACCOUNT: one account in depth, folder by folder, and each message that could not
// be copied, with the reason and what to do.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

#include "app/api_client.hpp"

namespace tandem::app {

// An account as the API tells it (/api/accounts/ADDRESS), with the sides of its migration.
struct AccountLook {
  std::string body;   // JSON, as it came
  std::string sides;  // JSON
};
// Error not_found: no such account.
[[nodiscard]] Result<AccountLook> look_at_account(const ApiClient& api, const std::string& address);
// All of it in words.
[[nodiscard]] std::string account_text(const AccountLook& seen);
// How far it is, in one line.
[[nodiscard]] std::string account_line(const AccountLook& seen);

// A message that was not copied, as /api/skipped says it: where, why, what to do, and its id.
[[nodiscard]] std::string skipped_text(const boost::json::value& one);

}  // namespace tandem::app
