#include "migration/side_access.hpp"

#include <fmt/core.h>
#include <optional>
#include <utility>

#include "config/migration_settings.hpp"
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

Task<Result<void>> log_in(net::ImapClient& client, Credential credential) {
  std::string password(credential.password.reveal());
  // SASL-PLAIN carries any byte; LOGIN is for servers that do not offer it.
  if (client.has("AUTH=PLAIN"))
    co_return co_await client.authenticate_plain(std::move(credential.login), std::move(password),
                                                 std::move(credential.authorization));
  if (!credential.authorization.empty())
    co_return fail(ErrorKind::refused,
                   "the server does not offer AUTHENTICATE PLAIN, which the master user needs");
  co_return co_await client.login(std::move(credential.login), std::move(password));
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

std::unexpected<Error> failed_at(const Account& account, Side side, Error error) {
  error.origin = origin_of(side);
  error.what = fmt::format("{} on the {} side: {}", account.address, name_of(side), error.what);
  if (error.kind == ErrorKind::authentication && error.next_step.empty())
    error.next_step =
        "Check this account's log-in and password for that side and import them again.";
  return fail(std::move(error));
}

}  // namespace

Origin origin_of(Side side) {
  return side == Side::old_side ? Origin::old_side : Origin::new_side;
}

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

Task<Result<std::unique_ptr<net::ImapClient>>> SideAccess::open_imap(Account account,
                                                                     Side side) const {
  const auto where = endpoint(account, side, net::Protocol::imap);
  if (!where) co_return fail(where.error());
  auto credential = registry_.credential(account, side);
  if (!credential) co_return fail(credential.error());
  auto stream = co_await connector_.connect(*where);
  if (!stream) co_return failed_at(account, side, stream.error());
  net::ImapClient::Options options;
  options.side = origin_of(side);
  auto client = std::make_unique<net::ImapClient>(std::move(*stream), options);
  const auto begun = co_await begin_session(*client, connector_, *where);
  if (!begun) co_return failed_at(account, side, begun.error());
  const auto logged_in = co_await log_in(*client, std::move(*credential));
  if (!logged_in) co_return failed_at(account, side, logged_in.error());
  co_return std::move(client);
}

}  // namespace tandem::migration
