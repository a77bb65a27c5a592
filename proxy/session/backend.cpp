#include "proxy/session/backend.hpp"

#include <algorithm>

#include "lib/net/imap_client.hpp"
#include "lib/net/pop3_client.hpp"
#include "lib/net/smtp_client.hpp"

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

Task<Result<void>> log_in_imap(net::ImapClient& client, BackendLogin login) {
  std::string password(login.password.reveal());
  if (client.has("AUTH=PLAIN"))
    co_return co_await client.authenticate_plain(std::move(login.name), std::move(password));
  if (client.has("LOGINDISABLED")) {
    wipe(password);
    co_return fail(ErrorKind::refused, "the server takes no password on this connection");
  }
  co_return co_await client.login(std::move(login.name), std::move(password));
}

Task<Result<Backend>> open_imap(net::StreamPtr stream, std::shared_ptr<const net::TlsClient> tls,
                                BackendLogin login, BackendOptions options) {
  net::ImapClient::Options settings;
  settings.wait = options.limit;
  settings.read_size = 4096;
  settings.limits.response = 64 * 1024;
  net::ImapClient client(std::move(stream), settings);
  const auto ready = co_await prepare_imap(client, std::move(tls));
  if (!ready) co_return fail(ready.error());
  const auto logged_in = co_await log_in_imap(client, std::move(login));
  if (!logged_in) co_return fail(logged_in.error());
  Backend backend;
  backend.capabilities = capabilities_of(client);
  backend.stream = client.release(backend.rest);
  co_return backend;
}

sasl::Credentials credentials_of(const BackendLogin& login) {
  sasl::Credentials credentials;
  credentials.user = login.name;
  credentials.password = std::string(login.password.reveal());
  return credentials;
}

Task<Result<Backend>> open_pop3(net::StreamPtr stream, std::shared_ptr<const net::TlsClient> tls,
                                BackendLogin login, BackendOptions options, bool in_the_clear) {
  using Tls = pop3::ClientOptions::Tls;
  net::Pop3ClientOptions settings;
  settings.protocol.tls = in_the_clear ? Tls::never : Tls::required;
  settings.protocol.secret_without_tls = in_the_clear;
  settings.protocol.wait = options.limit;
  settings.tls = std::move(tls);
  net::Pop3Client client;
  const auto opened = co_await client.open(std::move(stream), std::move(settings));
  if (!opened) co_return fail(opened.error());
  sasl::Credentials credentials = credentials_of(login);
  const auto logged_in = co_await client.login(std::move(credentials), false);
  if (!logged_in) co_return fail(logged_in.error());
  Backend backend;
  backend.stream = client.release(backend.rest);
  co_return backend;
}

Task<Result<Backend>> open_submission(net::StreamPtr stream,
                                      std::shared_ptr<const net::TlsClient> tls, BackendLogin login,
                                      BackendOptions options, bool in_the_clear) {
  using Tls = smtp::ClientOptions::Tls;
  net::SmtpClientOptions settings;
  settings.protocol.host = options.hostname;
  settings.protocol.tls = in_the_clear ? Tls::never : Tls::required;
  settings.protocol.secret_without_tls = in_the_clear;
  settings.protocol.waits.greeting = options.limit;
  settings.protocol.waits.command = options.limit;
  settings.protocol.credentials = credentials_of(login);
  settings.tls = std::move(tls);
  net::SmtpClient client;
  const auto opened = co_await client.open(std::move(stream), std::move(settings));
  if (!opened) co_return fail(opened.error());
  Backend backend;
  backend.stream = client.release(backend.rest);
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
  const bool in_the_clear = is_in_the_clear(endpoint);
  switch (endpoint.protocol) {
    case net::Protocol::imap:
      co_return judged(
          co_await open_imap(std::move(*stream), *tls, std::move(login), std::move(options)));
    case net::Protocol::pop3:
      co_return judged(co_await open_pop3(std::move(*stream), *tls, std::move(login),
                                          std::move(options), in_the_clear));
    case net::Protocol::submission:
      co_return judged(co_await open_submission(std::move(*stream), *tls, std::move(login),
                                                std::move(options), in_the_clear));
    default: co_return fail(ErrorKind::invalid, "no protocol that people log in to");
  }
}

}  // namespace tandem::session
