#include "app/api_client.hpp"

#include <chrono>
#include <fmt/core.h>
#include <fstream>
#include <iterator>

#include <boost/json.hpp>

#include "app/configuration.hpp"
#include "app/wait_for.hpp"
#include "config/secret_file.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/http/client.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/tls.hpp"

namespace tandem::app {
namespace {

// An import or a sync of thousands of accounts takes its time.
constexpr auto answer_limit = std::chrono::minutes(10);
// So does reading every message of a large mailbox twice.
constexpr auto patient_limit = std::chrono::hours(24);
constexpr std::size_t answer_size = std::size_t{64} << 20;
constexpr std::size_t message_size = std::size_t{1} << 30;

Error not_running(std::string what) {
  return {.kind = ErrorKind::unreachable,
          .what = std::move(what),
          .temporary = true,
          .server_words = {},
          .next_step = "Start it first: tandemail serve (systemctl start tandemail)."};
}

// "0.0.0.0" and "::" are reached at this machine's own address.
std::string reachable(const std::string& address) {
  if (address == "0.0.0.0") return "127.0.0.1";
  return address == "::" ? "::1" : address;
}

// Our own server, so its own certificate is what it must show, whatever name it carries.
Result<std::string> own_pin(const config::ProcessSettings& settings) {
  if (settings.tls.empty())
    return fail(ErrorKind::invalid, "the page has an address for the network, but no certificate");
  std::ifstream file(settings.tls.front().certificate, std::ios::binary);
  const std::string pem{std::istreambuf_iterator<char>(file), {}};
  auto pin = net::certificate_sha256(pem);
  if (!pin)
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "cannot read the certificate " + settings.tls.front().certificate,
                      .server_words = {},
                      .next_step = "Run this as the user that runs Tandemail."});
  return pin;
}

Error told_by(const net::HttpResponse& response) {
  Error error{.kind = ErrorKind::refused,
              .what = fmt::format("the server answered {}", response.status),
              .server_words = {},
              .next_step = {}};
  boost::system::error_code bad;
  const auto body = boost::json::parse(response.body, bad);
  const auto* said = !bad && body.is_object() ? body.get_object().if_contains("error") : nullptr;
  if (said == nullptr || !said->is_object()) return error;
  const auto text = [said](std::string_view name) {
    const auto* found = said->get_object().if_contains(name);
    return found != nullptr && found->is_string() ? std::string(found->get_string())
                                                  : std::string();
  };
  error.what = text("what");
  if (error.what.ends_with('.')) error.what.pop_back();  // a line of ours goes on after it
  error.server_words = text("server_words");
  error.next_step = text("next_step");
  if (text("kind") == "not_found") error.kind = ErrorKind::not_found;
  return error;
}

}  // namespace

Result<ApiClient> ApiClient::open(const Arguments& arguments) {
  const auto configuration = load(arguments);
  if (!configuration) return fail(configuration.error());
  return open(configuration->process);
}

Result<ApiClient> ApiClient::open(const config::ProcessSettings& settings) {
  if (settings.listen.web.empty())
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "the page is switched off, and with it the API",
                      .server_words = {},
                      .next_step = "Give 'web' an address in the section [listen]."});
  const auto& address = settings.listen.web.front();
  const bool secure = !net::is_loopback(address.address);
  std::string pin;
  if (secure) {
    auto own = own_pin(settings);
    if (!own) return fail(own.error());
    pin = std::move(*own);
  }
  auto token = config::read_secret_line(settings.data + "/api.token");
  if (!token && token.error().kind == ErrorKind::not_found)
    return fail(not_running("the server has never run with this data directory"));
  if (!token) return fail(token.error());
  const net::SocketAddress at{reachable(address.address), address.port};
  return ApiClient(fmt::format("{}://{}", secure ? "https" : "http", at.to_string()),
                   std::move(pin), std::move(*token));
}

Result<std::string> ApiClient::ask(std::string method, std::string path, std::string body,
                                   Duration limit, std::size_t largest) const {
  net::HttpCall call;
  call.method = std::move(method);
  call.url = url_ + path;
  call.headers.add("Authorization", "Bearer " + std::string(token_.reveal()));
  if (!body.empty()) call.headers.add("Content-Type", "application/json");
  call.body = std::move(body);
  call.pin = pin_;
  call.limit = limit;
  call.body_limit = largest;
  const net::Connector connector;
  const auto response =
      wait_for<Result<net::HttpResponse>>(net::http_request(connector, std::move(call)));
  if (!response && response.error().kind == ErrorKind::unreachable)
    return fail(not_running("no server answers at " + url_));
  if (!response) return fail(response.error());
  if (response->status < 200 || response->status > 299) return fail(told_by(*response));
  return response->body;
}

Result<std::string> ApiClient::get(std::string path) const {
  return ask("GET", std::move(path), "", answer_limit, answer_size);
}

Result<std::string> ApiClient::get_large(std::string path) const {
  return ask("GET", std::move(path), "", patient_limit, message_size);
}

Result<std::string> ApiClient::post(std::string path, std::string json) const {
  return ask("POST", std::move(path), std::move(json), answer_limit, answer_size);
}

Result<std::string> ApiClient::post_patiently(std::string path, std::string json) const {
  return ask("POST", std::move(path), std::move(json), patient_limit, answer_size);
}

}  // namespace tandem::app
