// tandemail status ACCOUNT: one account in depth, folder by folder, and each message that could not
// be copied, with the reason and what to do.
#pragma once

#include <string>

#include "app/api_client.hpp"

namespace tandem::app {

// Prints the account; as the API says it with `as_json`. Error not_found: no such account.
[[nodiscard]] Result<void> print_account(const ApiClient& api, const std::string& address,
                                         bool as_json);

}  // namespace tandem::app
