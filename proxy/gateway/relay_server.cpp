#include "proxy/gateway/relay_server.hpp"

#include <utility>

#include "config/secret_file.hpp"
#include "lib/base/log.hpp"

namespace tandem::gateway {
namespace {

using ClientTls = smtp::ClientOptions::Tls;

constexpr Duration step_limit = std::chrono::seconds(20);  // connect, and each answer
constexpr Duration dot_limit = std::chrono::seconds(240);  // R13

delivery::Handover::Refusal refuse(int code, std::string_view enhanced, std::string_view text) {
  return {smtp::make_reply(code, enhanced, text)};
}

}  // namespace

RelayServer::RelayServer(RelayParts parts, const config::MigrationSettings& migration,
                         std::string host)
    : parts_(parts), migration_(migration), host_(std::move(host)) {
  if (migration.relay.via == config::RelayVia::new_side) side_ = Side::new_side;
  const auto& submission = migration::settings_of(migration, side_).submission;
  if (submission) endpoint_ = *submission;
  machine_.migration = migration.name;
  machine_.address = migration.relay.via_user;
  machine_.logins[static_cast<std::size_t>(side_)].login = migration.relay.via_user;
}

Task<Result<migration::Credential>> RelayServer::credential() {
  if (migration_.relay.via_password_file.empty())
    co_return co_await parts_.access.credential(machine_, side_);
  auto password = config::read_secret_line(migration_.relay.via_password_file);
  if (!password) co_return fail(password.error());
  migration::Credential credential;
  credential.login = migration_.relay.via_user;
  credential.password = std::move(*password);
  co_return credential;
}

// A token that is refused may have been withdrawn: once more, with a new one.
Task<Result<RelayServer::Client>> RelayServer::log_in() {
  auto first = co_await credential();
  if (!first) co_return fail(first.error());
  const Secret token = first->token.clone();
  auto opened = co_await open_with(std::move(*first));
  const bool refused = !opened && opened.error().kind == ErrorKind::authentication;
  if (!refused || token.empty()) co_return opened;
  if (!parts_.access.token_refused(machine_, side_, token)) co_return opened;
  auto second = co_await credential();
  if (!second) co_return fail(second.error());
  co_return co_await open_with(std::move(*second));
}

Task<Result<RelayServer::Client>> RelayServer::open_with(migration::Credential credential) {
  auto stream = co_await parts_.connector.connect(endpoint_, step_limit);
  if (!stream) co_return fail(stream.error());
  net::SmtpClientOptions options;
  options.protocol.host = host_;
  options.protocol.tls = ClientTls::never;
  options.protocol.origin = migration::origin_of(side_);
  options.protocol.waits.greeting = options.protocol.waits.command = step_limit;
  options.protocol.waits.data_end = dot_limit;
  // A loopback address: nobody can listen.
  options.protocol.secret_without_tls = endpoint_.tls == net::TlsMode::never;
  if (endpoint_.tls == net::TlsMode::starttls) {
    const auto tls = parts_.connector.tls_for(endpoint_);
    if (!tls) co_return fail(tls.error());
    options.tls = *tls;
    options.protocol.tls = ClientTls::required;
  }
  options.protocol.credentials.emplace();
  options.protocol.credentials->user = credential.login;
  options.protocol.credentials->password = std::string(credential.password.reveal());
  options.protocol.credentials->token = std::string(credential.token.reveal());
  options.protocol.credentials->host = endpoint_.host;
  options.protocol.credentials->port = endpoint_.port;
  auto client = std::make_unique<net::SmtpClient>();
  const auto opened = co_await client->open(std::move(*stream), std::move(options));
  if (!opened) co_return fail(opened.error());
  co_return std::move(client);
}

Task<Outbound::Begun> RelayServer::begin(smtp::MailCommand mail) {
  if (migration_.relay.via == config::RelayVia::off)
    co_return std::unexpected(refuse(550, "5.7.1", "Relaying denied: not a domain of ours"));
  if (!client_ || !client_->usable()) {
    auto opened = co_await log_in();
    if (!opened) {
      log::error("E-RELAY-1", "migration {}: the relay's log-in at {} failed: {}", migration_.name,
                 endpoint_.to_string(), opened.error().to_string());
      co_return std::unexpected(delivery::Handover::unreachable());
    }
    client_ = std::move(*opened);
  }
  delivery::Upstream session(*this, endpoint_, std::move(client_));
  co_return co_await delivery::Handover::begin(std::move(session), std::move(mail));
}

Task<void> RelayServer::quit() {
  if (client_) co_await client_->quit();
}

void RelayServer::give_back(const net::Endpoint&, std::unique_ptr<net::SmtpClient> client,
                            const net::Executor&) {
  client_ = std::move(client);
}

}  // namespace tandem::gateway
