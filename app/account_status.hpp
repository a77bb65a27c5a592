// tandemail status ACCOUNT: one account in depth, folder by folder, and each message that could not
// be copied, with the reason and what to do.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

#include "app/api_client.hpp"

namespace tandem::app {

// Prints the account; as the API says it with `as_json`. Error not_found: no such account.
[[nodiscard]] Result<void> print_account(const ApiClient& api, const std::string& address,
                                         bool as_json);

// "; done between … and …", or nothing if that is not known.
[[nodiscard]] std::string eta_words(const boost::json::value& eta);
// How far a copy is, and when it will be done; nothing if that is not known.
void print_copied(const boost::json::value& account);

}  // namespace tandem::app
