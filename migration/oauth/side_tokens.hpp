// SideTokens: the OAuth access token with which an account is logged in at a side. One for the
// process, so that what one room asked for serves all.
//
// A token server that rotates refresh tokens is believed: the new one is sealed in the ledger
// before the access token is used. Errors carry the side as their origin, and no secret. Any
// thread.
#pragma once

#include "lib/net/connector.hpp"
#include "migration/oauth/token_cache.hpp"
#include "migration/registry.hpp"

namespace tandem::migration::oauth {

class SideTokens {
 public:
  SideTokens(Registry& registry, const net::Connector& connector, const Clock& clock)
      : registry_(registry), connector_(connector), clock_(clock), cache_(clock) {}

  // The side has `oauth`.
  [[nodiscard]] Task<Result<Secret>> token(Account account, Side side);
  // The side's server refused it; true: it is worth another try, once.
  [[nodiscard]] bool refused(const Account& account, Side side, const Secret& token);

 private:
  class Source;

  Registry& registry_;
  const net::Connector& connector_;
  const Clock& clock_;
  TokenCache cache_;
};

// Nothing: the side's log-ins are by passwords.
[[nodiscard]] const config::OAuthSettings* oauth_of(const Registry& registry,
                                                    const Account& account, Side side);

}  // namespace tandem::migration::oauth
