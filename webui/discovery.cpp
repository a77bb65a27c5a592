#include "webui/discovery.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <optional>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "lib/net/socket_address.hpp"
#include "webui/guard.hpp"
#include "webui/profile_signature.hpp"

namespace tandem::webui {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using Answer = HttpResponse (*)(const ClientSetup&, const HttpRequest&);

HttpResponse document(std::string body, std::string type, int status = 200) {
  HttpResponse response{.status = status, .headers = {}, .body = std::move(body)};
  response.headers.add("Content-Type", std::move(type));
  response.headers.add("Cache-Control", "no-store");
  return response;
}

HttpResponse said(int status, std::string_view words) {
  return document(fmt::format("{}\n", words), "text/plain; charset=utf-8", status);
}

HttpResponse sent_on(const ClientSetup& setup, std::string_view path) {
  HttpResponse response = said(302, "It is elsewhere.");
  response.headers.add("Location", setup.url + std::string(path));
  return response;
}

// "mail.example.jp:8443" without the port, in lower case.
std::string host_of(const HttpRequest& request) {
  const std::string_view host = request.headers.get("Host");
  return lower(host.substr(0, std::min(host.find(':'), host.size())));
}

// Of the address asked about, else of the name that was asked: autoconfig.example.jp, example.jp.
// Our own host name stands for a domain where there is only one.
std::optional<std::string> domain_asked(const ClientSetup& setup, const HttpRequest& request) {
  if (const auto text = request.parameter("emailaddress")) {
    const auto address = address_of_ours(setup, *text);
    if (!address) return std::nullopt;
    return lower(address->substr(address->rfind('@') + 1));
  }
  constexpr std::string_view prefix = "autoconfig.";
  std::string host = host_of(request);
  if (host.starts_with(prefix)) host.erase(0, prefix.size());
  if (is_our_domain(setup, host)) return host;
  if (host == setup.hostname && setup.domains.size() == 1) return setup.domains.front();
  return std::nullopt;
}

HttpResponse answer_autoconfig(const ClientSetup& setup, const HttpRequest& request) {
  const auto domain = domain_asked(setup, request);
  if (!domain || setup.services.empty()) return said(404, "Not Found");
  return document(autoconfig_document(setup, *domain), "text/xml; charset=utf-8");
}

HttpResponse answer_autodiscover(const ClientSetup& setup, const HttpRequest& request) {
  return document(autodiscover_document(setup, request.body), "text/xml; charset=utf-8");
}

HttpResponse answer_autodiscover_json(const ClientSetup& setup, const HttpRequest& request) {
  const std::string protocol = request.parameter("Protocol").value_or("");
  if (iequals(protocol, "AutodiscoverV1") && !setup.url.empty())
    return document(
        boost::json::serialize(boost::json::object{
            {"Protocol", "AutodiscoverV1"}, {"Url", setup.url + "/autodiscover/autodiscover.xml"}}),
        "application/json");
  return document(
      boost::json::serialize(boost::json::object{{"ErrorCode", "InvalidProtocol"},
                                                 {"ErrorMessage",
                                                  "The given protocol value is invalid. "
                                                  "Supported values are 'AutodiscoverV1'"}}),
      "application/json", 400);
}

// With the certificate as it is now. One that cannot sign is reported by whoever serves TLS with
// it; a profile without a signature works too.
std::string signed_if_possible(const ClientSetup& setup, std::string profile) {
  if (setup.certificate.empty()) return profile;
  auto identity = net::read_identity(setup.certificate, setup.key);
  if (!identity) return profile;
  auto signed_one = signed_document(*identity, profile);
  wipe(identity->key_pem);
  return signed_one ? std::move(*signed_one) : std::move(profile);
}

HttpResponse answer_profile(const ClientSetup& setup, const HttpRequest& request) {
  const auto address = address_of_ours(setup, request.parameter("address").value_or(""));
  if (!address) return said(404, "This is not an address of a domain that is served here.");
  auto profile = profile_document(setup, *address);
  if (!profile) return said(404, profile.error().what);
  return document(signed_if_possible(setup, std::move(*profile)),
                  "application/x-apple-aspen-config");
}

HttpResponse answer_page(const ClientSetup& setup, const HttpRequest& request) {
  const std::string_view wanted = request.headers.get("Accept-Language");
  const std::string language = request.parameter("lang").value_or(std::string(wanted.substr(0, 2)));
  return document(setup_page(setup, language == "ja"), "text/html; charset=utf-8");
}

HttpResponse answer_style(const ClientSetup&, const HttpRequest&) {
  return document(std::string(setup_page_style), "text/css; charset=utf-8");
}

struct Place {
  std::string_view path;  // in lower case
  Answer answer;
  bool posted = false;  // POST as well
};

constexpr std::string_view json_path = "/autodiscover/autodiscover.json";
constexpr std::array places = {
    Place{"/mail/config-v1.1.xml", answer_autoconfig},
    Place{"/.well-known/autoconfig/mail/config-v1.1.xml", answer_autoconfig},
    Place{"/autodiscover/autodiscover.xml", answer_autodiscover, true},
    Place{json_path, answer_autodiscover_json},
    Place{profile_path, answer_profile},
    Place{setup_page_path, answer_page},
    Place{"/mail/setup.css", answer_style},
};

const Place* place_of(std::string_view path) {
  std::string wanted = istarts_with(path, "/autodiscover/") ? lower(path) : std::string(path);
  // autodiscover.json/v1.0/taro@example.jp
  if (wanted.starts_with(std::string(json_path) + "/")) wanted = json_path;
  const auto found = std::ranges::find(places, wanted, &Place::path);
  return found == places.end() ? nullptr : &*found;
}

// The request's own query, written anew.
std::string query_of(const HttpRequest& request) {
  std::string query;
  for (const auto& [name, value] : request.query)
    query += fmt::format("{}{}={}", query.empty() ? "?" : "&", net::percent_encode(name),
                         net::percent_encode(value));
  return query;
}

HttpResponse answer_anything(const ClientSetup& setup, const HttpRequest& request) {
  const Place* place = place_of(request.path);
  const bool safe = request.tls || net::is_loopback(request.peer_address);
  const bool in_clear = place != nullptr && place->answer == answer_autoconfig;
  if (!safe && !in_clear && !setup.url.empty()) {
    const std::string_view path = place == nullptr ? setup_page_path : place->path;
    return sent_on(setup, std::string(path) + query_of(request));
  }
  if (request.path == "/") {
    HttpResponse response = said(302, "It is elsewhere.");
    response.headers.add("Location", std::string(setup_page_path));
    return response;
  }
  if (place == nullptr || (!safe && !in_clear)) return said(404, "Not Found");
  return answer_discovery(setup, request);
}

}  // namespace

bool is_discovery_path(std::string_view path) {
  return place_of(path) != nullptr;
}

HttpResponse answer_discovery(const ClientSetup& setup, const HttpRequest& request) {
  const Place* place = place_of(request.path);
  if (place == nullptr) return said(404, "Not Found");
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (reads || (place->posted && request.method == "POST")) return place->answer(setup, request);
  HttpResponse response = said(405, "Method Not Allowed");
  response.headers.add("Allow", place->posted ? "GET, HEAD, POST" : "GET, HEAD");
  return response;
}

DiscoveryConnection::DiscoveryConnection(const ClientSetup& setup, net::Stream& stream,
                                         net::TaskGroup& group)
    : setup_(setup), stream_(stream), group_(group) {
  stop_ = group.on_stop([this] {
    if (!busy_) stream_.close();
  });
}

Task<void> DiscoveryConnection::handle(HttpRequest request, net::HttpResponder& responder) {
  busy_ = true;
  HttpResponse response = answer_anything(setup_, request);
  add_safety(response.headers, request.tls);
  (void)co_await responder.send(std::move(response));
  busy_ = false;
  if (group_.stopping()) stream_.close();
}

}  // namespace tandem::webui
