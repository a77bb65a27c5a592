#include "proxy/session/backend.hpp"

#include <algorithm>

#include "lib/net/imap_client.hpp"

namespace tandem::session {
namespace {

constexpr std::size_t most_capabilities = 2048;  // bytes

// A loopback address, or a server in this process: nobody can listen.
bool is_in_the_clear(const net::Endpoint& endpoint) {
  if (!endpoint.in_process.empty()) return endpoint.tls != net::TlsMode::starttls;
  return endpoint.tls == net::TlsMode::never;
}

bool wants_starttls(const net::Endpoint& endpoint) {
  return !is_in_the_clear(endpoint) && endpoint.tls != net::TlsMode::implicit;
}

// Null where STARTTLS is not used.
Result<std::shared_ptr<const net::TlsClient>> upgrade(const net::Connector& connector,
                                                      const net::Endpoint& endpoint) {
  if (!wants_starttls(endpoint)) return nullptr;
  net::Endpoint strict = endpoint;
  strict.tls = net::TlsMode::starttls;  // a person's password is never sent unverified
  return connector.tls_for(strict);
}

// Only what is a word and is of use after log-in; compression would hide from the tracker where a
// command ends.
bool is_passed_on(std::string_view word) {
  if (word.starts_with("AUTH=") || word.starts_with("COMPRESS=")) return false;
  if (word == "STARTTLS" || word == "LOGINDISABLED" || word == "SASL-IR") return false;
  return !word.empty() && std::ranges::all_of(word, [](char c) {
    return c > ' ' && c < 0x7f && c != '[' && c != ']' && c != '(' && c != ')' && c != '{' &&
           c != '"' && c != '\\' && c != '%' && c != '*';
  });
}

std::string capabilities_of(const net::ImapClient& client) {
  std::string text = "IMAP4rev1";
  for (const std::string& word : client.capabilities()) {
    if (word == "IMAP4REV1" || !is_passed_on(word)) continue;
    if (text.size() + 1 + word.size() > most_capabilities) break;
    text += ' ';
    text += word;
  }
  return text;
}

Task<Result<void>> prepare_imap(net::ImapClient& client,
                                std::shared_ptr<const net::TlsClient> tls) {
  const auto greeted = co_await client.greet();
  if (!greeted) co_return greeted;
  if (tls) co_return co_await client.start_tls(std::move(tls));
  if (client.capabilities().empty()) co_return co_await client.ask_capabilities();
  co_return Result<void>();
}

// RFC 2971, with the fields of Dovecot's login_trusted_networks. Who does not trust us ignores
// them.
Task<void> tell_origin(net::ImapClient& client, SessionOrigin origin) {
  if (!client.has("ID") || origin.client.address.empty()) co_return;
  std::vector<std::pair<std::string, std::string>> fields;
  fields.emplace_back("x-originating-ip", origin.client.address);
  fields.emplace_back("x-originating-port", std::to_string(origin.client.port));
  if (!origin.local_address.empty()) {
    fields.emplace_back("x-connected-ip", origin.local_address);
    fields.emplace_back("x-connected-port", std::to_string(origin.local_port));
  }
  fields.emplace_back("x-proxy-ttl", std::to_string(origin.hops_left - 1));
  (void)co_await client.id(std::move(fields));  // a refusal changes nothing
}

Task<void> tell_origin(net::Pop3Client& client, SessionOrigin origin) {
  if (!client.capabilities().xclient || origin.client.address.empty()) co_return;
  pop3::SessionClient told{std::move(origin.client.address), origin.client.port,
                           origin.hops_left - 1};
  (void)co_await client.forward(std::move(told));  // a refusal changes nothing
}

// May the password itself be sent?
bool may_show(const BackendLogin& login, const net::Stream& stream, bool in_process) {
  return !login.keep_hidden || in_process || stream.info().tls;
}

sasl::Credentials credentials_of(const BackendLogin& login, const net::Endpoint& endpoint) {
  sasl::Credentials credentials;
  credentials.user = login.name;
  credentials.identity = login.act_as;
  credentials.password = std::string(login.password.reveal());
  credentials.token = std::string(login.token.reveal());
  credentials.host = endpoint.host;
  credentials.port = endpoint.port;
  return credentials;
}

// What the three ways of opening share.
struct Opening {
  net::StreamPtr stream;
  std::shared_ptr<const net::TlsClient> tls;  // for STARTTLS; null: none
  net::Endpoint endpoint;
  BackendLogin login;
  BackendOptions options;
};

Task<Result<Backend>> open_imap(Opening opening) {
  net::ImapClient::Options settings;
  settings.wait = opening.options.limit;
  settings.read_size = 4096;
  settings.limits.response = 64 * 1024;
  net::ImapClient client(std::move(opening.stream), settings);
  const auto ready = co_await prepare_imap(client, std::move(opening.tls));
  if (!ready) co_return fail(ready.error());
  if (opening.options.origin) co_await tell_origin(client, std::move(*opening.options.origin));
  const bool in_process = !opening.endpoint.in_process.empty();
  const bool shown = may_show(opening.login, client.stream(), in_process);
  sasl::Credentials credentials = credentials_of(opening.login, opening.endpoint);
  const auto logged_in = co_await client.log_in(std::move(credentials), shown);
  if (!logged_in) co_return fail(logged_in.error());
  Backend backend;
  backend.capabilities = capabilities_of(client);
  backend.stream = client.release(backend.rest);
  co_return backend;
}

Task<Result<Backend>> open_pop3(Opening opening) {
  using Tls = pop3::ClientOptions::Tls;
  const bool in_the_clear = is_in_the_clear(opening.endpoint);
  const bool in_process = !opening.endpoint.in_process.empty();
  net::Pop3ClientOptions settings;
  settings.protocol.tls = in_the_clear ? Tls::never : Tls::required;
  settings.protocol.secret_without_tls =
      in_the_clear && may_show(opening.login, *opening.stream, in_process);
  settings.protocol.wait = opening.options.limit;
  settings.tls = std::move(opening.tls);
  net::Pop3Client client;
  const auto opened = co_await client.open(std::move(opening.stream), std::move(settings));
  if (!opened) co_return fail(opened.error());
  if (opening.options.origin) co_await tell_origin(client, std::move(*opening.options.origin));
  sasl::Credentials credentials = credentials_of(opening.login, opening.endpoint);
  const auto logged_in = co_await client.login(std::move(credentials), opening.login.keep_hidden);
  if (!logged_in) co_return fail(logged_in.error());
  Backend backend;
  backend.pop3 = std::move(client);
  co_return backend;
}

Task<Result<Backend>> open_submission(Opening opening) {
  using Tls = smtp::ClientOptions::Tls;
  const bool in_the_clear = is_in_the_clear(opening.endpoint);
  const bool in_process = !opening.endpoint.in_process.empty();
  net::SmtpClientOptions settings;
  settings.protocol.host = opening.options.hostname;
  settings.protocol.tls = in_the_clear ? Tls::never : Tls::required;
  settings.protocol.secret_without_tls =
      in_the_clear && may_show(opening.login, *opening.stream, in_process);
  settings.protocol.waits.greeting = opening.options.limit;
  settings.protocol.waits.command = opening.options.limit;
  settings.protocol.credentials = credentials_of(opening.login, opening.endpoint);
  if (opening.options.origin) settings.protocol.client = std::move(opening.options.origin->client);
  settings.tls = std::move(opening.tls);
  auto client = std::make_unique<net::SmtpClient>();
  const auto opened = co_await client->open(std::move(opening.stream), std::move(settings));
  if (!opened) co_return fail(opened.error());
  Backend backend;
  backend.smtp = std::move(client);
  co_return backend;
}

// A server that cannot check a password now, or that we could not ask, has not refused it.
Result<Backend> judged(Result<Backend> backend) {
  if (backend || backend.error().kind != ErrorKind::authentication) return backend;
  const Error& error = backend.error();
  if (error.temporary || error.server_words.empty()) backend.error().kind = ErrorKind::refused;
  return backend;
}

}  // namespace

Task<Result<Backend>> open_backend(const net::Connector& connector, net::Endpoint endpoint,
                                   BackendLogin login, BackendOptions options) {
  const auto tls = upgrade(connector, endpoint);
  if (!tls) co_return fail(tls.error());
  auto stream = co_await connector.connect(endpoint, options.limit);
  if (!stream) co_return fail(stream.error());
  const net::Protocol protocol = endpoint.protocol;
  Opening opening{std::move(*stream), *tls, std::move(endpoint), std::move(login),
                  std::move(options)};
  switch (protocol) {
    case net::Protocol::imap: co_return judged(co_await open_imap(std::move(opening)));
    case net::Protocol::pop3: co_return judged(co_await open_pop3(std::move(opening)));
    case net::Protocol::submission: co_return judged(co_await open_submission(std::move(opening)));
    default: co_return fail(ErrorKind::invalid, "no protocol that people log in to");
  }
}

}  // namespace tandem::session
