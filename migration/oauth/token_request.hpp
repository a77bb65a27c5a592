// What is asked of a token server, by kind (RFC 6749 4.4, 6; RFC 7523 2.1). Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "config/migration_settings.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"
#include "lib/net/http/client.hpp"

namespace tandem::migration::oauth {

// What a token is asked with: read when needed, and dropped.
struct TokenSecrets {
  Secret client_secret;  // microsoft; refresh-token, where the application has one
  Secret refresh_token;  // refresh-token
  // google
  std::string email;
  std::string key_id;
  Secret private_key;

  // Changes whenever one of them does, and tells nothing of them.
  [[nodiscard]] std::string fingerprint() const;
};

// The secret files of a side, read anew. Errors: those of reading them.
[[nodiscard]] Result<TokenSecrets> read_secrets(const config::OAuthSettings& settings);

// The request; `login` is whose mailbox it is for (google). Error invalid: an unusable key.
[[nodiscard]] Result<net::HttpCall> token_request(const config::OAuthSettings& settings,
                                                  const TokenSecrets& secrets,
                                                  const std::string& login, WallTime now);

// A name for what one token opens: the same for all accounts of a Microsoft application.
// `mailbox`: a name of this account's alone.
[[nodiscard]] std::string token_key(const config::OAuthSettings& settings,
                                    const std::string& mailbox);

}  // namespace tandem::migration::oauth
