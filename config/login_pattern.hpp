// How an account's log-in name follows from its address: a text with {address}, {local}, {domain},
// for example "{local}%{domain}"; or "csv": it stands in the list of accounts only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace tandem::config {

// Fails with invalid for an unknown {word}, a lone brace, or a pattern that is the same for
// everybody.
[[nodiscard]] Result<void> check_login_pattern(std::string_view pattern);
// Nothing for "csv". The pattern must have passed the check.
[[nodiscard]] std::optional<std::string> login_name(std::string_view pattern,
                                                    std::string_view address);

// Log-in with a master account, side.master_login: "{login}*{master}" (Dovecot) or similar.
// "authzid" stands for SASL PLAIN with the account as authorization identity (RFC 4616).
[[nodiscard]] Result<void> check_master_pattern(std::string_view pattern);
[[nodiscard]] std::string master_login_name(std::string_view pattern, std::string_view login,
                                            std::string_view master);

}  // namespace tandem::config
