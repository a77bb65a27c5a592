// The URL of an OAuth token server (RFC 6749 3.2): https, or http to loopback. As in a server's URL
// (endpoint.hpp) `ca=FILE` trusts that authority and `pin=sha256:HEX` accepts exactly that
// certificate; both are taken out, other parameters stay. No user, password or fragment.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace tandem::config {

struct TokenUrl {
  std::string url;
  std::string pin;  // hex
  std::string ca_file;
};

// Errors: invalid; what and next_step are fit to be shown, and never contain the URL: a secret may
// have been written into it.
[[nodiscard]] Result<TokenUrl> parse_token_url(std::string_view text);

}  // namespace tandem::config
