// SideAccess: logs in at a side as an account, over IMAP, with the account's stored password, the
// side's master user or an OAuth token (oauth/side_tokens.hpp). One place and one per process, so
// that sync, mirror copies and the preflight ask alike, share tokens and fail with the same words.
// A side that is read by POP3 alone is met as an IMAP server too, with one mailbox that is open for
// reading only (pop3_stream.hpp).
//
// Errors carry the side as their origin. A wrong password is kind authentication and is not tried
// again by itself (a loop of log-ins locks people out). A token that the server refuses is replaced
// by a new one, once. Any io thread; the client stays on it.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lib/net/connector.hpp"
#include "lib/net/imap_client.hpp"
#include "migration/registry.hpp"

namespace tandem::migration::oauth {
class SideTokens;
}
namespace tandem::net {
class Pop3Client;
}

namespace tandem::migration {

class SideAccess {
 public:
  SideAccess(Registry& registry, const net::Connector& connector);
  ~SideAccess();
  SideAccess(const SideAccess&) = delete;
  SideAccess& operator=(const SideAccess&) = delete;

  // Connected, encrypted as the endpoint says, logged in, capabilities known.
  Task<Result<std::unique_ptr<net::ImapClient>>> open_imap(Account account, Side side) const;
  // What open_imap logs in with, for other protocols: a password or a token.
  Task<Result<Credential>> credential(Account account, Side side) const;
  // A server of that side refused this token of credential()'s. True: it is worth another try,
  // once.
  [[nodiscard]] bool token_refused(const Account& account, Side side, const Secret& token) const;
  // Bytes of the largest message this side takes, as its preset knows; 0: not known.
  [[nodiscard]] std::uint64_t message_size_limit(const Account& account, Side side) const;
  // How this side's servers are logged in to; none: by passwords.
  [[nodiscard]] config::OAuthKind oauth(const Account& account, Side side) const;
  // Its provider takes tokens only, and none are configured.
  [[nodiscard]] bool needs_oauth(const Account& account, Side side) const;
  // The same, and by POP3 where the side has no IMAP: to read all mail of the account.
  Task<Result<std::unique_ptr<net::ImapClient>>> open_mailboxes(Account account, Side side) const;
  // The side has a POP3 server and no IMAP server: what is there can be read, and nothing be put
  // there. A session shows what was there when it began, and may shut others out: end it soon.
  [[nodiscard]] bool is_pop3_only(const Account& account, Side side) const;
  // The UIDs that open_mailboxes gave to messages of such a side, by their UIDL.
  [[nodiscard]] Result<std::map<std::string, std::uint32_t>> pop3_uids(const Account& account,
                                                                       Side side) const;
  // Its migration's `map` names this folder, or one above it. Its name is as '/' separates it.
  [[nodiscard]] bool is_mapped(const Account& account, std::string_view folder) const;
  // The endpoint of a protocol on a side; not_found where the migration names none.
  [[nodiscard]] Result<net::Endpoint> endpoint(const Account& account, Side side,
                                               net::Protocol protocol) const;

 private:
  using Client = std::unique_ptr<net::ImapClient>;
  Task<Result<Client>> open_with(Account account, Side side, net::Endpoint where,
                                 Credential credential) const;
  // An error of a log-in, with the account and the side in it.
  [[nodiscard]] std::unexpected<Error> failed_at(const Account& account, Side side,
                                                 Error error) const;
  Task<Result<std::unique_ptr<net::ImapClient>>> open_pop3(Account account, Side side) const;
  Task<Result<void>> enter_pop3(net::Pop3Client& client, Account account, Side side,
                                bool& apop) const;
  Task<Result<std::unique_ptr<net::ImapClient>>> read_pop3(net::Pop3Client client, Account account,
                                                           Side side) const;

  const Registry& registry_;
  const net::Connector& connector_;
  std::unique_ptr<oauth::SideTokens> tokens_;
};

// What a POP3 server says of a mailbox that somebody else has open, or of a log-in that comes too
// soon (RFC 2449 8.1).
[[nodiscard]] bool is_taken(std::string_view server_words);

}  // namespace tandem::migration
