// What is asked of a token server and how its answers are read: assertions that a public key
// verifies, forms, tokens, and refusals in plain words without a secret in them.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "config/service_account.hpp"
#include "lib/base/text.hpp"
#include "migration/oauth/jwt.hpp"
#include "migration/oauth/refusals.hpp"
#include "migration/oauth/token_answer.hpp"
#include "migration/oauth/token_request.hpp"
#include "migration/refusal_steps.hpp"

namespace tandem::migration::oauth {
namespace {

namespace json = boost::json;
using config::OAuthKind;
using config::OAuthSettings;
using std::chrono::seconds;

using Key = std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)>;

std::string pem_of(EVP_PKEY* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  REQUIRE(PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string pem(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return pem;
}

std::string decode(std::string_view base64) {
  std::string text(base64);
  for (char& c : text) {
    if (c == '-') c = '+';
    if (c == '_') c = '/';
  }
  while (text.size() % 4 != 0) text += '=';
  return base64_decode(text).value_or("");
}

bool verifies(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const auto bytes = [](std::string_view of) {
    return reinterpret_cast<const unsigned char*>(of.data());
  };
  const bool good =
      EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context, bytes(signature), signature.size(), bytes(text), text.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

OAuthSettings settings_of_kind(OAuthKind kind) {
  OAuthSettings settings;
  settings.kind = kind;
  settings.client_id = "app id";
  settings.token_url = "https://token.example.jp/token";
  settings.scope = "mail";
  return settings;
}

std::map<std::string, std::string> form_of(const net::HttpCall& call) {
  const auto parsed = net::parse_form(call.body);
  REQUIRE(parsed);
  return {parsed->begin(), parsed->end()};
}

const TokenSecrets& some_secrets() {
  static const TokenSecrets secrets = [] {
    TokenSecrets made;
    made.client_secret = Secret("canary+secret");
    made.refresh_token = Secret("canary-refresh");
    return made;
  }();
  return secrets;
}

Result<Token> answer(OAuthKind kind, int status, std::string body) {
  net::HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  return read_token(settings_of_kind(kind), some_secrets(), response);
}

Error refusal(OAuthKind kind, int status, const std::string& body) {
  const auto token = answer(kind, status, body);
  REQUIRE_FALSE(token);
  CHECK_FALSE(token.error().to_string().contains("canary"));
  CHECK(token.error().what.contains("token.example.jp"));
  return token.error();
}

}  // namespace

TEST_CASE("oauth: Google's assertion says who asks for whom, and its signature is right") {
  const Key key(EVP_RSA_gen(2048), EVP_PKEY_free);
  TokenSecrets secrets;
  secrets.email = "move@x.iam.gserviceaccount.com";
  secrets.key_id = "k1";
  secrets.private_key = Secret(pem_of(key.get()));
  const WallTime now(std::chrono::milliseconds(1'800'000'000'500));
  const auto call = token_request(settings_of_kind(OAuthKind::google), secrets, "a\"b@x.jp", now);
  REQUIRE(call);
  CHECK(call->method == "POST");
  CHECK(call->url == "https://token.example.jp/token");
  const auto form = form_of(*call);
  CHECK(form.size() == 2);
  CHECK(form.at("grant_type") == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const auto parts = split(form.at("assertion"), '.');
  REQUIRE(parts.size() == 3);
  CHECK(json::parse(decode(parts[0])) ==
        json::value{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "k1"}});
  CHECK(json::parse(decode(parts[1])) == json::value{{"iss", secrets.email},
                                                     {"sub", "a\"b@x.jp"},
                                                     {"scope", "mail"},
                                                     {"aud", "https://token.example.jp/token"},
                                                     {"iat", 1'799'999'970},
                                                     {"exp", 1'799'999'970 + 59 * 60}});
  const std::string signed_part = form.at("assertion").substr(0, form.at("assertion").rfind('.'));
  CHECK(verifies(key.get(), signed_part, decode(parts[2])));
  const Key other(EVP_RSA_gen(2048), EVP_PKEY_free);
  CHECK_FALSE(verifies(other.get(), signed_part, decode(parts[2])));
  CHECK_FALSE(verifies(key.get(), signed_part + "x", decode(parts[2])));
}

TEST_CASE("oauth: a key that cannot sign is said to be one") {
  const Key elliptic(EVP_EC_gen("P-256"), EVP_PKEY_free);
  for (const std::string& pem : {std::string("canary"), std::string(), pem_of(elliptic.get())}) {
    const auto made = sign_jwt("{}", "{}", Secret(std::string(pem)));
    REQUIRE_FALSE(made);
    CHECK(made.error().kind == ErrorKind::invalid);
    CHECK_FALSE(made.error().to_string().contains("canary"));
  }
}

TEST_CASE("oauth: the forms of client credentials and of a refresh token") {
  const WallTime now{};
  TokenSecrets secrets;
  secrets.client_secret = Secret("a+b c");
  const auto microsoft =
      token_request(settings_of_kind(OAuthKind::microsoft), secrets, "taro@x.jp", now);
  REQUIRE(microsoft);
  CHECK(form_of(*microsoft) ==
        std::map<std::string, std::string>{{"grant_type", "client_credentials"},
                                           {"client_id", "app id"},
                                           {"client_secret", "a+b c"},
                                           {"scope", "mail"}});
  CHECK(microsoft->headers.get("content-type") == "application/x-www-form-urlencoded");
  auto settings = settings_of_kind(OAuthKind::refresh_token);
  settings.scope.clear();
  secrets.client_secret = Secret();
  secrets.refresh_token = Secret("r/1");
  const auto refresh = token_request(settings, secrets, "taro@x.jp", now);
  REQUIRE(refresh);
  CHECK(form_of(*refresh) == std::map<std::string, std::string>{{"grant_type", "refresh_token"},
                                                                {"client_id", "app id"},
                                                                {"refresh_token", "r/1"}});
}

TEST_CASE("oauth: one token for all of a Microsoft application, else one for each account") {
  const auto microsoft = settings_of_kind(OAuthKind::microsoft);
  CHECK(token_key(microsoft, "a") == token_key(microsoft, "b"));
  for (const OAuthKind kind : {OAuthKind::google, OAuthKind::refresh_token})
    CHECK(token_key(settings_of_kind(kind), "a") != token_key(settings_of_kind(kind), "b"));
  auto other = microsoft;
  other.client_id = "another";
  CHECK(token_key(microsoft, "a") != token_key(other, "a"));
}

TEST_CASE("oauth: what a token server gives") {
  const auto token = answer(OAuthKind::microsoft, 200,
                            R"({"token_type":"Bearer","expires_in":3599,"access_token":"abc"})");
  REQUIRE(token);
  CHECK(token->access.reveal() == "abc");
  CHECK(token->lasts == seconds(3599));
  CHECK(token->renewed_refresh.empty());
  const auto lasts = [](const std::string& life) {
    const auto got = answer(OAuthKind::google, 200, R"({"access_token":"x")" + life + "}");
    return got ? got->lasts : Duration(-1);
  };
  CHECK(lasts("") == seconds(300));
  CHECK(lasts(R"(,"expires_in":"600")") == seconds(600));
  CHECK(lasts(R"(,"expires_in":-5)") == seconds(300));
  CHECK(lasts(R"(,"expires_in":1e300)") <= std::chrono::hours(24));
  CHECK(lasts(R"(,"expires_in":31536000)") == std::chrono::hours(24));
}

TEST_CASE("oauth: a rotated refresh token is taken, and only where there is one") {
  const std::string rotated = R"({"access_token":"x","refresh_token":"next"})";
  CHECK(answer(OAuthKind::refresh_token, 200, rotated)->renewed_refresh.reveal() == "next");
  CHECK(answer(OAuthKind::microsoft, 200, rotated)->renewed_refresh.empty());
  const std::string same = R"({"access_token":"x","refresh_token":"canary-refresh"})";
  CHECK(answer(OAuthKind::refresh_token, 200, same)->renewed_refresh.empty());
}

TEST_CASE("oauth: a clear no is told in plain words, with who must do what") {
  const auto microsoft = [](const std::string& code) {
    return refusal(OAuthKind::microsoft, 401,
                   R"({"error":"invalid_client","error_description":")" + code +
                       R"(: words of Microsoft. Trace ID: 1","error_codes":[1]})");
  };
  const Error wrong = microsoft("AADSTS7000215");
  CHECK(wrong.kind == ErrorKind::authentication);
  CHECK_FALSE(wrong.temporary);
  CHECK(wrong.what.contains("the client secret is wrong"));
  CHECK(wrong.server_words.starts_with("invalid_client: AADSTS7000215: words of Microsoft"));
  CHECK(wrong.next_step.contains("value, not its id"));
  CHECK(microsoft("AADSTS7000222").what.contains("expired"));
  CHECK(microsoft("AADSTS700016").next_step.contains("oauth_client_id"));
  CHECK(microsoft("AADSTS90002").next_step.contains("oauth_tenant"));
  CHECK(microsoft("AADSTS12345").what.contains("id or its secret is wrong"));
  CHECK(microsoft("AADSTS90033").temporary);
  const auto google = [](const std::string& error, const std::string& words) {
    return refusal(OAuthKind::google, 400,
                   R"({"error":")" + error + R"(","error_description":")" + words + "\"}");
  };
  CHECK(google("unauthorized_client",
               "Client is unauthorized to retrieve access tokens using this method, or client not "
               "authorized for any of the scopes requested.")
            .next_step.contains("domain-wide delegation"));
  CHECK(google("invalid_grant", "Invalid email or User ID").what.contains("no such account"));
  CHECK(google("invalid_grant", "Invalid JWT Signature.").next_step.contains("oauth_key_file"));
  CHECK(google("invalid_grant",
               "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable "
               "timeframe. Check your iat and exp values in the JWT claim.")
            .what.contains("clock"));
  CHECK(google("invalid_grant", "Token has been expired or revoked.").what.contains("revoked"));
  CHECK(google("something_new", "").kind == ErrorKind::authentication);
}

TEST_CASE("T-27 oauth: what a server repeats of our secrets goes no further") {
  const Error error = refusal(OAuthKind::refresh_token, 400,
                              R"({"error":"invalid_grant","error_description":)"
                              R"("no canary-refresh of canary+secret here"})");
  CHECK(error.server_words == "invalid_grant: no … of … here");
}

TEST_CASE("oauth: a server that is down or is none is temporary") {
  for (const auto& [status, body] :
       std::vector<std::pair<int, std::string>>{{503, "<html>"},
                                                {429, R"({"error":"slow_down"})"},
                                                {500, R"({"error":"server_error"})"},
                                                {400, R"({"error":"temporarily_unavailable"})"},
                                                {200, "<html>a portal"},
                                                {200, "{}"},
                                                {200, R"({"access_token":"two words"})"},
                                                {302, ""}}) {
    CAPTURE(status, body);
    const Error error = refusal(OAuthKind::microsoft, status, body);
    CHECK(error.temporary);
    CHECK(error.kind != ErrorKind::authentication);
  }
}

TEST_CASE("what to do about a failed log-in by OAuth is said in Japanese too") {
  const auto is_japanese = [](std::string_view text) {
    return text.ends_with("。") || text.ends_with("。)");
  };
  for (const Refusal& one : all_refusals()) {
    CAPTURE(std::string(one.code), std::string(one.words));
    CHECK(one.next_step.en.empty() == one.temporary);
    CHECK(one.next_step.ja.empty() == one.temporary);
    if (!one.temporary) CHECK(is_japanese(in_japanese(one.next_step.en)));
  }
  for (const OAuthKind kind : {OAuthKind::microsoft, OAuthKind::google, OAuthKind::refresh_token})
    CHECK(is_japanese(in_japanese(next_step_after_refusal(kind))));
  CHECK(in_japanese(needs_oauth_step("new", "move")) ==
        "migrations/move.conf の [new] に oauth を設定してください(docs/oauth.ja.md)。");
  CHECK(in_japanese(no_refresh_token_step("old")) ==
        "old_password 欄に更新トークンを入れた CSV を取り込んでください。");
  const auto no_key = config::parse_service_account("{}", "key.json");
  REQUIRE_FALSE(no_key);
  CHECK(is_japanese(in_japanese(no_key.error().next_step)));
  const auto bad_key = sign_jwt("{}", "{}", Secret("no key"));
  REQUIRE_FALSE(bad_key);
  CHECK(is_japanese(in_japanese(bad_key.error().next_step)));
}

TEST_CASE("what to do about a server that lets nobody in is said in Japanese too") {
  for (const NextStep& one : refusal_steps()) CHECK(in_japanese(one.en).ends_with("。"));
  const auto step_of = [](std::string words) -> std::string {
    Error error;
    error.server_words = std::move(words);
    const NextStep* step = step_by_words(error);
    return step == nullptr ? "" : std::string(step->en);
  };
  CHECK(step_of("[EXPIRED] gone").find("expired") != std::string::npos);
  CHECK(step_of("[PRIVACYREQUIRED] TLS!").find("imaps://") != std::string::npos);
  CHECK(step_of("[CONTACTADMIN] ask").find("provider") != std::string::npos);
  const std::string exchange = step_of("User is authenticated but not connected.");
  for (const std::string reason : {"too many connections", "may not open", "wrong password"})
    CHECK(exchange.find(reason) != std::string::npos);
  CHECK(step_of("Login failed.").empty());
  CHECK(step_of("").empty());
}

TEST_CASE("another next step is left alone") {
  CHECK(in_japanese("").empty());
  CHECK(in_japanese("Start it first.").empty());
  CHECK(in_japanese("Set 'oauth' in the section [new] of migrations/").empty());
}

}  // namespace tandem::migration::oauth
