// A JSON Web Token (RFC 7519), signed RS256 (RFC 7515, RFC 7518 3.3): what a service account shows
// of itself. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"

namespace tandem::migration::oauth {

// RFC 7515 2: base64 for URLs, without padding.
[[nodiscard]] std::string base64url(std::string_view bytes);

// `header` and `claims` are JSON. Error invalid: the PEM holds no RSA key without a pass phrase.
[[nodiscard]] Result<std::string> sign_jwt(std::string_view header, std::string_view claims,
                                           const Secret& private_key);

}  // namespace tandem::migration::oauth
