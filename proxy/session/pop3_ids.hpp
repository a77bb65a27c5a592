// Pop3Ids: the ids (UIDL) and the order a POP3 client knows its messages by, kept through a
// cut-over and back, whatever the servers are. A client that leaves its mail on the server
// downloads nothing twice; what it had removed on the other side is not shown to it again.
//
// At the first log-in after an account changed its home, both sides' listings are read (the other
// side's with the stored password) and brought together by the sync's map of the INBOX; what was
// given is written down, and later log-ins in the same epoch need the ledger only. Before the first
// cut-over nothing is translated: POP3 is passed on.
//
// Where the other side cannot be read, log-ins are told to try again, three times; then the home
// server's own ids are given, and stay. Where its password is not stored, at once. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "lib/net/pop3_client.hpp"
#include "migration/side_access.hpp"
#include "proxy/session/pop3_match.hpp"
#include "proxy/session/session_proxy.hpp"

namespace tandem::session {

// A message as the client sees it.
struct Pop3Shown {
  std::uint64_t number = 0;  // the backend's
  std::uint64_t size = 0;
  std::string id;
};

class Pop3Ids {
 public:
  Pop3Ids(const SessionParts& parts, const SessionOptions& options);
  [[nodiscard]] static store::Schema schema();

  // Whether this account's client may know other ids than its home server gives.
  [[nodiscard]] bool needed(migration::AccountId account) const;
  // Asks `home`, which is logged in, for its listing; the messages as the client knows them.
  [[nodiscard]] Task<Result<std::vector<Pop3Shown>>> list(migration::AccountId account,
                                                          net::Pop3Client& home);

 private:
  struct Known {
    std::map<std::string, GivenId> ids;  // by the server's id
    bool current = false;                // written in the account's present epoch
  };
  [[nodiscard]] Result<Known> known(const migration::Account& account, migration::Side side) const;
  [[nodiscard]] Task<Result<void>> write(migration::Account account, migration::Side side,
                                         std::vector<GivenId> ids);
  // The first listing of an epoch.
  [[nodiscard]] Task<Result<std::vector<GivenId>>> bring_together(migration::Account account,
                                                                  std::vector<Pop3Entry> listing,
                                                                  Known before);
  [[nodiscard]] Task<Result<Pop3Side>> read_elsewhere(migration::Account account,
                                                      migration::Side side, std::uint32_t validity);
  [[nodiscard]] Task<Result<std::vector<std::uint32_t>>> uids_of(migration::Account account,
                                                                 migration::Side side,
                                                                 std::vector<Pop3Entry> listing,
                                                                 std::uint32_t validity);
  [[nodiscard]] Result<std::vector<std::uint32_t>> uids_by_pop3(
      const migration::Account& account, migration::Side side,
      const std::vector<Pop3Entry>& listing);
  [[nodiscard]] bool gives_up(migration::AccountId account, const Error& error);

  const migration::Registry& registry_;
  const net::Connector& connector_;
  store::Store& store_;
  const migration::InboxMaps* inboxes_;
  const migration::SideAccess* access_;
  const SessionOptions& options_;
  std::mutex mutex_;
  std::map<migration::AccountId, unsigned> failures_;
};

}  // namespace tandem::session
