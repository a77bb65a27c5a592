#include "migration/oauth/side_tokens.hpp"

#include <fmt/format.h>

#include "lib/base/log.hpp"
#include "lib/net/http/client.hpp"
#include "migration/oauth/next_steps.hpp"

namespace tandem::migration::oauth {
namespace {

std::string key_of(const config::OAuthSettings& settings, const Account& account, Side side) {
  // A service account's token depends on the log-in; a refresh token belongs to the account.
  return token_key(
      settings, fmt::format("{} {} {}", account.id, name_of(side), account.login_at(side).login));
}

// What stopped us before the server could answer; trying again helps, whatever it was.
Error not_reached(const config::OAuthSettings& settings, Error error) {
  error.what = fmt::format("the OAuth token server {} cannot be asked: {}", token_host(settings),
                           error.what);
  if (error.kind == ErrorKind::cancelled) return error;
  error.temporary = true;
  if (error.kind == ErrorKind::not_found || error.kind == ErrorKind::invalid)
    error.kind = ErrorKind::unreachable;  // its name, not an account's
  if (error.next_step.empty()) error.next_step = not_reached_step.en;
  return error;
}

}  // namespace

class SideTokens::Source : public TokenSource {
 public:
  Source(SideTokens& owner, const config::OAuthSettings& settings, Account account, Side side)
      : owner_(owner),
        settings_(settings),
        account_(std::move(account)),
        side_(side),
        key_(key_of(settings, account_, side)) {}

  [[nodiscard]] const std::string& key() const override { return key_; }
  [[nodiscard]] std::string fingerprint() const override { return secrets_.fingerprint(); }

  [[nodiscard]] Result<void> load() override {
    auto secrets = read_secrets(settings_);
    if (!secrets) return fail(secrets.error());
    if (settings_.kind == config::OAuthKind::refresh_token) {
      // The caller's account may be from before the token was replaced.
      const auto routes = owner_.registry_.routes();
      if (const Account* now = routes->account(account_.id)) account_ = *now;
      auto token = owner_.registry_.refresh_token(account_, side_);
      if (!token) return fail(token.error());
      secrets->refresh_token = std::move(*token);
    }
    secrets_ = std::move(*secrets);
    return {};
  }

  [[nodiscard]] Task<Result<Token>> ask() override {
    auto call =
        token_request(settings_, secrets_, account_.login_at(side_).login, owner_.clock_.wall());
    if (!call) co_return fail(call.error());
    auto response = co_await net::http_request(owner_.connector_, std::move(*call));
    if (!response) co_return fail(not_reached(settings_, response.error()));
    auto token = read_token(settings_, secrets_, *response);
    wipe(response->body);
    if (token && !token->renewed_refresh.empty()) co_await replace(token->renewed_refresh.clone());
    co_return token;
  }

 private:
  // The one we had may be void by now: if the new one cannot be kept, the account works as long as
  // its access token, and a person may have to agree anew.
  [[nodiscard]] Task<void> replace(Secret renewed) {
    const auto kept =
        co_await owner_.registry_.renew_refresh_token(account_, side_, renewed.clone());
    if (kept)
      secrets_.refresh_token = std::move(renewed);
    else
      log::error("E-OAUTH-1", "{}: the new refresh token for the {} side could not be stored: {}",
                 account_.address, name_of(side_), kept.error().to_string());
  }

  SideTokens& owner_;
  const config::OAuthSettings& settings_;
  Account account_;
  Side side_;
  std::string key_;
  TokenSecrets secrets_;
};

Task<Result<Secret>> SideTokens::token(Account account, Side side) {
  const config::OAuthSettings* settings = oauth_of(registry_, account, side);
  if (settings == nullptr)
    co_return fail(ErrorKind::internal, "a side without oauth has no tokens");
  Source source(*this, *settings, std::move(account), side);
  auto token = co_await cache_.token(source);
  if (!token) token.error().origin = origin_of(side);
  co_return token;
}

bool SideTokens::refused(const Account& account, Side side, const Secret& token) {
  const config::OAuthSettings* settings = oauth_of(registry_, account, side);
  return settings != nullptr && cache_.refused(key_of(*settings, account, side), token);
}

const config::OAuthSettings* oauth_of(const Registry& registry, const Account& account, Side side) {
  const auto* const migration = registry.settings(account.migration);
  if (migration == nullptr) return nullptr;
  const auto& oauth = settings_of(*migration, side).oauth;
  return oauth.kind == config::OAuthKind::none ? nullptr : &oauth;
}

}  // namespace tandem::migration::oauth
