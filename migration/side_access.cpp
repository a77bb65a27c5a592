#include "migration/side_access.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>
#include <utility>

#include "config/migration_settings.hpp"
#include "config/providers.hpp"
#include "lib/base/text.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "migration/oauth/next_steps.hpp"
#include "migration/oauth/side_tokens.hpp"
#include "migration/refusal_steps.hpp"
#include "migration/registry_rows.hpp"

namespace tandem::migration {
namespace {

const std::optional<net::Endpoint>& endpoint_of(const config::SideSettings& side,
                                                net::Protocol protocol) {
  static const std::optional<net::Endpoint> none;
  switch (protocol) {
    case net::Protocol::imap: return side.imap;
    case net::Protocol::pop3: return side.pop3;
    case net::Protocol::smtp:
    case net::Protocol::lmtp: return side.smtp;
    case net::Protocol::submission: return side.submission;
    case net::Protocol::http: return none;
  }
  return none;
}

std::string_view name_of_protocol(net::Protocol protocol) {
  switch (protocol) {
    case net::Protocol::imap: return "imap";
    case net::Protocol::pop3: return "pop3";
    case net::Protocol::smtp:
    case net::Protocol::lmtp: return "smtp";
    case net::Protocol::submission: return "submission";
    case net::Protocol::http: return "http";
  }
  return "";
}

sasl::Credentials credentials_of(const Credential& credential, const net::Endpoint& endpoint) {
  sasl::Credentials shown;
  shown.user = credential.login;
  shown.identity = credential.authorization;
  shown.password = std::string(credential.password.reveal());
  shown.token = std::string(credential.token.reveal());
  shown.host = endpoint.host;
  shown.port = endpoint.port;
  return shown;
}

// The connector lets clear text through to loopback only.
Task<Result<void>> log_in(net::ImapClient& client, net::Endpoint endpoint, Credential credential) {
  auto done = co_await client.log_in(credentials_of(credential, endpoint), true);
  if (done || credential.token.empty()) co_return done;
  Error& error = done.error();
  if (error.kind == ErrorKind::authentication) error.what = "the server refused the OAuth token";
  if (error.kind == ErrorKind::refused && error.server_words.empty())
    error.next_step = oauth::no_oauth_mechanism_step.en;
  co_return done;
}

Task<Result<void>> begin_session(net::ImapClient& client, const net::Connector& connector,
                                 net::Endpoint endpoint) {
  const auto greeted = co_await client.greet();
  if (!greeted) co_return greeted;
  if (endpoint.tls == net::TlsMode::starttls) {
    const auto tls = connector.tls_for(endpoint);
    if (!tls) co_return fail(tls.error());
    const auto upgraded = co_await client.start_tls(*tls);
    if (!upgraded) co_return upgraded;
  }
  if (client.capabilities().empty()) co_return co_await client.ask_capabilities();
  co_return Result<void>{};
}

}  // namespace

SideAccess::SideAccess(Registry& registry, const net::Connector& connector)
    : registry_(registry),
      connector_(connector),
      tokens_(std::make_unique<oauth::SideTokens>(registry, connector, registry.clock())) {}

SideAccess::~SideAccess() = default;

Result<net::Endpoint> SideAccess::endpoint(const Account& account, Side side,
                                           net::Protocol protocol) const {
  const auto* migration = registry_.settings(account.migration);
  if (migration == nullptr)
    return fail(ErrorKind::not_found, "no settings for migration " + account.migration);
  const auto& found = endpoint_of(settings_of(*migration, side), protocol);
  if (!found)
    return fail(Error{
        .kind = ErrorKind::not_found,
        .what = fmt::format("migration {}: the {} side has no {} server", account.migration,
                            name_of(side), name_of_protocol(protocol)),
        .next_step = fmt::format("Set '{}' in the section [{}] of migrations/{}.conf.",
                                 name_of_protocol(protocol), name_of(side), account.migration)});
  return *found;
}

config::OAuthKind SideAccess::oauth(const Account& account, Side side) const {
  const auto* const settings = oauth::oauth_of(registry_, account, side);
  return settings == nullptr ? config::OAuthKind::none : settings->kind;
}

std::uint64_t SideAccess::message_size_limit(const Account& account, Side side) const {
  const auto* const migration = registry_.settings(account.migration);
  return migration == nullptr ? 0 : settings_of(*migration, side).message_size_limit;
}

bool SideAccess::needs_oauth(const Account& account, Side side) const {
  const auto* const migration = registry_.settings(account.migration);
  return migration != nullptr && config::needs_oauth(settings_of(*migration, side));
}

bool SideAccess::is_mapped(const Account& account, std::string_view folder) const {
  const auto* const migration = registry_.settings(account.migration);
  if (migration == nullptr) return false;
  const auto covers = [folder](const std::string& name) {
    return folder == name || folder.starts_with(name + "/");
  };
  return std::ranges::any_of(migration->sync.map, [&](const config::FolderMap& one) {
    return covers(one.from) || covers(one.to);
  });
}

std::unexpected<Error> SideAccess::failed_at(const Account& account, Side side, Error error) const {
  error.origin = origin_of(side);
  error.what = fmt::format("{} on the {} side: {}", account.address, name_of(side), error.what);
  const auto* const step = step_by_words(error);
  if (step != nullptr && error.next_step.empty()) error.next_step = step->en;
  if (error.kind != ErrorKind::authentication || !error.next_step.empty())
    return fail(std::move(error));
  error.next_step = oauth::next_step_after_refusal(oauth(account, side));
  if (needs_oauth(account, side)) {
    error.what += "; this provider takes OAuth log-ins only";
    error.next_step = oauth::needs_oauth_step(name_of(side), account.migration);
  }
  if (error.next_step.empty())
    error.next_step =
        "Check this account's log-in and password for that side and import them again.";
  return fail(std::move(error));
}

Task<Result<Credential>> SideAccess::credential(Account account, Side side) const {
  if (oauth(account, side) == config::OAuthKind::none) {
    auto stored = registry_.credential(account, side);
    const bool nothing = !stored && stored.error().kind == ErrorKind::not_found;
    if (!nothing || !needs_oauth(account, side)) co_return stored;
    Error error{.kind = ErrorKind::authentication, .what = "there is no log-in"};
    co_return failed_at(account, side, std::move(error));
  }
  auto token = co_await tokens_->token(account, side);
  if (!token && token.error().kind == ErrorKind::not_found) co_return fail(token.error());
  if (!token) co_return failed_at(account, side, std::move(token.error()));
  Credential credential;
  credential.login = account.login_at(side).login;
  credential.token = std::move(*token);
  co_return credential;
}

bool SideAccess::token_refused(const Account& account, Side side, const Secret& token) const {
  return tokens_->refused(account, side, token);
}

Task<Result<std::unique_ptr<net::ImapClient>>> SideAccess::open_imap(Account account,
                                                                     Side side) const {
  const auto where = endpoint(account, side, net::Protocol::imap);
  if (!where) co_return fail(where.error());
  auto first = co_await credential(account, side);
  if (!first) co_return fail(first.error());
  const Secret token = first->token.clone();
  auto opened = co_await open_with(account, side, *where, std::move(*first));
  const bool refused = !opened && opened.error().kind == ErrorKind::authentication;
  if (!refused || token.empty() || !tokens_->refused(account, side, token)) co_return opened;
  auto second = co_await credential(account, side);
  if (!second) co_return fail(second.error());
  co_return co_await open_with(account, side, *where, std::move(*second));
}

Task<Result<SideAccess::Client>> SideAccess::open_with(Account account, Side side,
                                                       net::Endpoint where,
                                                       Credential credential) const {
  auto stream = co_await connector_.connect(where);
  if (!stream) co_return failed_at(account, side, stream.error());
  net::ImapClient::Options options;
  options.side = origin_of(side);
  if (const auto* const migration = registry_.settings(account.migration); migration != nullptr)
    options.compression = settings_of(*migration, side).compress;
  options.if_damaged = compress_never_step().en;
  auto client = std::make_unique<net::ImapClient>(std::move(*stream), options);
  const auto begun = co_await begin_session(*client, connector_, where);
  if (!begun) co_return failed_at(account, side, begun.error());
  const auto logged_in = co_await log_in(*client, where, std::move(credential));
  if (!logged_in) co_return failed_at(account, side, logged_in.error());
  // Whoever has much to move says so again.
  const auto compressed = co_await client->compress_for(0);
  if (!compressed) co_return failed_at(account, side, compressed.error());
  co_return std::move(client);
}

}  // namespace tandem::migration
