#include "migration/oauth/token_request.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "config/secret_file.hpp"
#include "config/service_account.hpp"
#include "lib/base/text.hpp"
#include "migration/oauth/jwt.hpp"

namespace tandem::migration::oauth {
namespace {

namespace json = boost::json;

// Google takes an hour at most. A clock of ours that is a little ahead does no harm.
constexpr std::chrono::seconds assertion_life = std::chrono::minutes(59);
constexpr std::chrono::seconds clock_allowance = std::chrono::seconds(30);
constexpr Duration longest_wait = std::chrono::seconds(20);
constexpr std::size_t longest_answer = 64 * 1024;

class Form {
 public:
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_ += fmt::format("{}{}=", text_.empty() ? "" : "&", name);
    std::string encoded = net::percent_encode(value);
    text_ += encoded;
    wipe(encoded);
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

Result<std::string> assertion(const config::OAuthSettings& settings, const TokenSecrets& secrets,
                              const std::string& login, WallTime now) {
  json::object header{{"alg", "RS256"}, {"typ", "JWT"}};
  if (!secrets.key_id.empty()) header["kid"] = secrets.key_id;
  const auto issued =
      std::chrono::floor<std::chrono::seconds>(now).time_since_epoch() - clock_allowance;
  const json::object claims{{"iss", secrets.email},    {"sub", login},
                            {"scope", settings.scope}, {"aud", settings.token_url},
                            {"iat", issued.count()},   {"exp", (issued + assertion_life).count()}};
  return sign_jwt(json::serialize(header), json::serialize(claims), secrets.private_key);
}

Result<void> fill(Form& form, const config::OAuthSettings& settings, const TokenSecrets& secrets,
                  const std::string& login, WallTime now) {
  if (settings.kind == config::OAuthKind::google) {
    auto signed_claims = assertion(settings, secrets, login, now);
    if (!signed_claims) return fail(signed_claims.error());
    form.add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    form.add("assertion", *signed_claims);
    wipe(*signed_claims);
    return {};
  }
  const bool refresh = settings.kind == config::OAuthKind::refresh_token;
  form.add("grant_type", refresh ? "refresh_token" : "client_credentials");
  form.add("client_id", settings.client_id);
  form.add("client_secret", secrets.client_secret.reveal());
  form.add("refresh_token", secrets.refresh_token.reveal());
  form.add("scope", settings.scope);
  return {};
}

}  // namespace

std::string TokenSecrets::fingerprint() const {
  std::string all;
  for (const Secret* one : {&client_secret, &refresh_token, &private_key})
    all += sha256(one->reveal());
  return sha256(all);
}

Result<TokenSecrets> read_secrets(const config::OAuthSettings& settings) {
  TokenSecrets secrets;
  if (!settings.client_secret_file.empty()) {
    auto secret = config::read_secret_line(settings.client_secret_file);
    if (!secret) return fail(secret.error());
    secrets.client_secret = std::move(*secret);
  }
  if (!settings.key_file.empty()) {
    auto account = config::read_service_account(settings.key_file);
    if (!account) return fail(account.error());
    secrets.email = std::move(account->email);
    secrets.key_id = std::move(account->key_id);
    secrets.private_key = std::move(account->private_key);
  }
  return secrets;
}

Result<net::HttpCall> token_request(const config::OAuthSettings& settings,
                                    const TokenSecrets& secrets, const std::string& login,
                                    WallTime now) {
  Form form;
  if (auto filled = fill(form, settings, secrets, login, now); !filled) return fail(filled.error());
  net::HttpCall call;
  call.method = "POST";
  call.url = settings.token_url;
  call.headers.add("Content-Type", "application/x-www-form-urlencoded");
  call.headers.add("Accept", "application/json");
  call.body = form.take();
  call.pin = settings.token_pin;
  call.ca_file = settings.token_ca;
  call.limit = longest_wait;
  call.body_limit = longest_answer;
  return call;
}

std::string token_key(const config::OAuthSettings& settings, const std::string& mailbox) {
  const bool shared = settings.kind == config::OAuthKind::microsoft;
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", config::name_of(settings.kind), settings.token_url,
                     settings.client_id, settings.key_file, settings.scope, shared ? "" : mailbox);
}

}  // namespace tandem::migration::oauth
