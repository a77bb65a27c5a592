// SideAccess: sides that are read by POP3.
#include <algorithm>
#include <array>

#include "lib/base/text.hpp"
#include "migration/pop3_stream.hpp"
#include "migration/side_access.hpp"

namespace tandem::migration {
namespace {

using Tls = pop3::ClientOptions::Tls;

bool is_clear(const net::Endpoint& endpoint) {
  return !endpoint.in_process.empty() || endpoint.tls == net::TlsMode::never;
}

Result<net::Pop3ClientOptions> options_for(const net::Connector& connector,
                                           const net::Endpoint& endpoint, Side side) {
  net::Pop3ClientOptions options;
  options.protocol.origin = origin_of(side);
  options.protocol.tls = is_clear(endpoint) ? Tls::never : Tls::required;
  options.protocol.secret_without_tls = is_clear(endpoint);
  if (is_clear(endpoint) || endpoint.tls == net::TlsMode::implicit) return options;
  net::Endpoint strict = endpoint;
  strict.tls = net::TlsMode::starttls;  // a password is never sent unverified
  const auto tls = connector.tls_for(strict);
  if (!tls) return fail(tls.error());
  options.tls = *tls;
  return options;
}

// A mailbox that is taken is not a wrong password.
Error judged(Error error) {
  if (error.kind != ErrorKind::authentication) return error;
  const bool taken = is_taken(error.server_words);
  if (!error.temporary && !taken) return error;
  error.kind = ErrorKind::refused;
  error.temporary = true;
  if (!taken) return error;
  error.next_step =
      "It is tried again by itself. If it goes on, a mail program keeps this mailbox open by POP3.";
  return error;
}

// Most servers that greet as for APOP do not keep the passwords that it needs, so USER and PASS
// come first; unless the server says that it has no USER.
bool takes_password(const pop3::ClientCapabilities& can) {
  return !can.apop || !can.sasl.empty() || !can.known || can.user;
}

}  // namespace

bool is_taken(std::string_view server_words) {
  // Not "locked" alone: an account that is locked stays so the longer for each try.
  constexpr std::array<std::string_view, 6> signs = {"[in-use]",       "[login-delay]",
                                                     "maildrop",       "mailbox in use",
                                                     "mailbox locked", "mailbox is locked"};
  const std::string words = lower(server_words);
  return std::ranges::any_of(
      signs, [&](std::string_view sign) { return words.find(sign) != std::string::npos; });
}

bool SideAccess::is_pop3_only(const Account& account, Side side) const {
  return !endpoint(account, side, net::Protocol::imap) &&
         endpoint(account, side, net::Protocol::pop3);
}

Task<Result<std::unique_ptr<net::ImapClient>>> SideAccess::open_mailboxes(Account account,
                                                                          Side side) const {
  if (is_pop3_only(account, side)) co_return co_await open_pop3(std::move(account), side);
  co_return co_await open_imap(std::move(account), side);
}

Task<Result<std::unique_ptr<net::ImapClient>>> SideAccess::open_pop3(Account account,
                                                                     Side side) const {
  net::Pop3Client client;
  bool apop = false;
  auto entered = co_await enter_pop3(client, account, side, apop);
  if (!entered && entered.error().kind == ErrorKind::authentication && apop) {
    client.close();
    net::Pop3Client again;  // many servers end a session in which a log-in was refused
    entered = co_await enter_pop3(again, account, side, apop);
    client = std::move(again);
  }
  if (!entered) co_return fail(entered.error());
  co_return co_await read_pop3(std::move(client), std::move(account), side);
}

// `apop`: whether to log in by it; afterwards whether that is left to be tried.
Task<Result<void>> SideAccess::enter_pop3(net::Pop3Client& client, Account account, Side side,
                                          bool& apop) const {
  const auto where = endpoint(account, side, net::Protocol::pop3);
  if (!where) co_return fail(where.error());
  const auto credential = co_await this->credential(account, side);
  if (!credential) co_return fail(credential.error());
  auto options = options_for(connector_, *where, side);
  if (!options) co_return fail(options.error());
  auto stream = co_await connector_.connect(*where);
  if (!stream) co_return failed_at(account, side, stream.error());
  const auto opened = co_await client.open(std::move(*stream), std::move(*options));
  if (!opened) co_return failed_at(account, side, opened.error());
  const auto& offered = client.capabilities().sasl;
  sasl::Credentials login;
  login.user = credential->login;
  login.identity = credential->authorization;
  login.password = std::string(credential->password.reveal());
  login.token = std::string(credential->token.reveal());
  const bool by_apop = login.token.empty() && (apop || !takes_password(client.capabilities()));
  apop = !by_apop && client.capabilities().apop && offered.empty();
  const auto entered = co_await client.login(login, by_apop);
  wipe(login.password);
  wipe(login.token);
  if (!entered) co_return failed_at(account, side, judged(entered.error()));
  co_return Result<void>{};
}

Task<Result<std::unique_ptr<net::ImapClient>>> SideAccess::read_pop3(net::Pop3Client client,
                                                                     Account account,
                                                                     Side side) const {
  const Pop3Index index(registry_.ledger(), account.id, side);
  Pop3Inbox inbox(std::move(client), index, registry_.ledger());
  const auto listed = co_await inbox.list();
  if (!listed) {
    co_await inbox.quit();
    co_return failed_at(account, side, listed.error());
  }
  net::ImapClient::Options options;
  options.side = origin_of(side);
  auto reader =
      std::make_unique<net::ImapClient>(std::make_unique<Pop3Stream>(std::move(inbox)), options);
  const auto greeted = co_await reader->greet();
  if (!greeted) co_return failed_at(account, side, greeted.error());
  co_return std::move(reader);
}

Result<std::map<std::string, std::uint32_t>> SideAccess::pop3_uids(const Account& account,
                                                                   Side side) const {
  return Pop3Index(registry_.ledger(), account.id, side).uids();
}

}  // namespace tandem::migration
