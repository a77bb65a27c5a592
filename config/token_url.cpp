#include "config/token_url.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>

#include "config/endpoint.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

std::unexpected<Error> refuse(std::string what, std::string cure) {
  return fail(
      Error{.kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(cure)});
}

Result<void> check(const boost::urls::url_view& url) {
  using boost::urls::scheme;
  const bool secure = url.scheme_id() == scheme::https;
  if (!secure && url.scheme_id() != scheme::http)
    return refuse("This is not the URL of a token server.", "It begins with https://.");
  if (url.host_address().empty()) return refuse("The URL has no host.", "Write https://HOST/PATH.");
  if (!secure && !is_loopback(url.host_address()))
    return refuse("Over http:// secrets could be read on their way.",
                  "Use https:// (http:// is for a token server on this machine only).");
  if (url.has_userinfo() || url.has_fragment())
    return refuse("A user name, password or #part has no place in a token server's URL.",
                  "The application is named by oauth_client_id and oauth_client_secret_file.");
  return {};
}

}  // namespace

Result<TokenUrl> parse_token_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!text.contains("://"))
    return refuse("This is not a URL.", "Write it like https://login.example.jp/oauth2/token.");
  if (!parsed)
    return refuse("This URL cannot be read.",
                  "Write it like https://login.example.jp/oauth2/token.");
  if (auto good = check(*parsed); !good) return fail(good.error());
  TokenUrl found;
  boost::urls::url url(*parsed);
  const auto take = [&url](const char* name) {
    std::string value;
    auto parameters = url.params();
    const auto at = parameters.find(name);
    if (at == parameters.end()) return value;
    value = (*at).value;
    parameters.erase(at);
    if (parameters.empty()) url.remove_query();
    return value;
  };
  found.ca_file = take("ca");
  const std::string pin = take("pin");
  found.url = std::string(url.buffer());
  if (pin.empty() && found.ca_file.empty()) return found;
  // The rules for both are a server's.
  boost::urls::url server("imaps://host");
  if (!pin.empty()) server.params().append({"pin", pin});
  if (!found.ca_file.empty()) server.params().append({"ca", found.ca_file});
  const auto checked =
      parse_endpoint({server.buffer().data(), server.buffer().size()}, net::Protocol::imap);
  if (!checked) return fail(checked.error());
  found.pin = checked->pin;
  return found;
}

}  // namespace tandem::config
