#include "migration/oauth/token_answer.hpp"

#include <algorithm>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "lib/base/text.hpp"
#include "migration/oauth/refusals.hpp"

namespace tandem::migration::oauth {
namespace {

namespace json = boost::json;
using std::chrono::seconds;

constexpr std::size_t longest_words = 1024;
constexpr std::size_t longest_token = 8 * 1024;          // beyond, SASL would not take it
constexpr seconds usual_life = std::chrono::minutes(5);  // where the server does not say
constexpr seconds longest_life = std::chrono::hours(24);

std::string text_at(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string().data(), value->get_string().size());
}

// A number, or one in quotes (Microsoft's older servers).
seconds life_of(const json::object& object) {
  const auto* const value = object.if_contains("expires_in");
  if (value == nullptr) return usual_life;
  json::error_code error;
  double count = 0;
  if (value->is_string())
    count = static_cast<double>(parse_number(text_at(object, "expires_in")).value_or(0));
  else
    count = value->to_number<double>(error);
  if (error || !(count >= 1)) return usual_life;
  if (count >= static_cast<double>(longest_life.count())) return longest_life;
  return seconds(static_cast<std::int64_t>(count));
}

// RFC 6750 2.1: what may stand behind "Bearer ".
bool is_token(std::string_view token) {
  return !token.empty() && token.size() <= longest_token &&
         std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7f; });
}

// What a server repeats of what it was sent must not get into a log.
std::string without(const TokenSecrets& secrets, std::string words) {
  for (const Secret* secret : {&secrets.client_secret, &secrets.refresh_token}) {
    const auto bytes = secret->reveal();
    if (bytes.empty()) continue;
    for (auto at = words.find(bytes); at != std::string::npos; at = words.find(bytes, at))
      words.replace(at, bytes.size(), "…");
  }
  return words.substr(0, longest_words);
}

std::string asked(const config::OAuthSettings& settings) {
  return fmt::format("the OAuth token server {}", token_host(settings));
}

std::unexpected<Error> busy(const config::OAuthSettings& settings, int status, std::string words) {
  return fail(Error{.kind = ErrorKind::refused,
                    .what = fmt::format("{} cannot answer now (HTTP {})", asked(settings), status),
                    .temporary = true,
                    .server_words = std::move(words)});
}

std::unexpected<Error> no_token_server(const config::OAuthSettings& settings, int status) {
  return fail(
      Error{.kind = ErrorKind::protocol,
            .what = fmt::format("{} did not answer as one does (HTTP {})", asked(settings), status),
            .temporary = true,
            .next_step = std::string(no_token_server_step.en)});
}

std::unexpected<Error> refused(const config::OAuthSettings& settings, const TokenSecrets& secrets,
                               int status, const json::object& object) {
  const std::string code = text_at(object, "error");
  const std::string description = text_at(object, "error_description");
  std::string words =
      without(secrets, description.empty() ? code : fmt::format("{}: {}", code, description));
  if (status == 429 || status >= 500) return busy(settings, status, std::move(words));
  const Refusal& known = refusal_of(code, description);
  return fail(Error{.kind = known.temporary ? ErrorKind::refused : ErrorKind::authentication,
                    .what = fmt::format("{} gives no token: {}", asked(settings), known.cause),
                    .temporary = known.temporary,
                    .server_words = std::move(words),
                    .next_step = std::string(known.next_step.en)});
}

}  // namespace

Result<Token> read_token(const config::OAuthSettings& settings, const TokenSecrets& secrets,
                         const net::HttpResponse& response) {
  json::error_code error;
  const json::value value = json::parse(response.body, error);
  if (error || !value.is_object()) {
    if (response.status == 429 || response.status >= 500)
      return busy(settings, response.status, "");
    return no_token_server(settings, response.status);
  }
  const json::object& object = value.get_object();
  if (response.status != 200 || object.contains("error"))
    return refused(settings, secrets, response.status, object);
  Token token{.access = Secret(text_at(object, "access_token")),
              .lasts = life_of(object),
              .renewed_refresh = Secret(text_at(object, "refresh_token"))};
  if (!is_token(token.access.reveal())) return no_token_server(settings, response.status);
  if (settings.kind != config::OAuthKind::refresh_token ||
      token.renewed_refresh == secrets.refresh_token)
    token.renewed_refresh = Secret();
  return token;
}

std::string next_step_after_refusal(config::OAuthKind kind) {
  switch (kind) {
    case config::OAuthKind::microsoft: return std::string(microsoft_step.en);
    case config::OAuthKind::google: return std::string(google_step.en);
    case config::OAuthKind::refresh_token: return std::string(refresh_token_step.en);
    case config::OAuthKind::none: break;
  }
  return "";
}

std::string token_host(const config::OAuthSettings& settings) {
  const auto url = boost::urls::parse_uri(settings.token_url);
  return url ? std::string(url->host_address()) : std::string();
}

}  // namespace tandem::migration::oauth
