// What a token server answered (RFC 6749 5.1, 5.2): a token, or why not, in plain words with the
// next step. Pure; any thread.
#pragma once

#include <string>

#include "config/migration_settings.hpp"
#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"
#include "lib/net/http/message.hpp"
#include "migration/oauth/token_request.hpp"

namespace tandem::migration::oauth {

struct Token {
  Secret access;
  Duration lasts{0};       // from when it was asked for
  Secret renewed_refresh;  // takes the refresh token's place; empty: that stays
};

// Errors: authentication (a clear no: what it means and who must act), refused and temporary (it
// cannot answer now), protocol (this is no token server). No text holds one of `secrets`.
[[nodiscard]] Result<Token> read_token(const config::OAuthSettings& settings,
                                       const TokenSecrets& secrets,
                                       const net::HttpResponse& response);

// The mailbox server refused a token that the token server had just given.
[[nodiscard]] std::string next_step_after_refusal(config::OAuthKind kind);

// The host of the token server, for messages.
[[nodiscard]] std::string token_host(const config::OAuthSettings& settings);

}  // namespace tandem::migration::oauth
