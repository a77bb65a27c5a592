// Pop3Match: the pure part of POP3 id translation. Which message of a POP3 listing is which of the
// side's INBOX, and which id a client is given for it.
//
// A POP3 id often says the IMAP UID (Dovecot, Cyrus, the built-in server); where it does not, both
// listings are laid beside each other: servers list an INBOX in the order of its UIDs.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "migration/inbox_map.hpp"

namespace tandem::session {

struct Pop3Entry {
  std::uint64_t number = 0;  // the server's
  std::uint64_t size = 0;
  std::string id;  // the server's UIDL
};

struct ImapEntry {
  std::uint32_t uid = 0;
  std::uint64_t size = 0;
};

// The UID that an id says; 0: none.
[[nodiscard]] std::uint32_t uid_in(std::string_view id, std::uint32_t validity);

// The UIDs of a listing, 0 where it is not known. `inbox` in the order of UIDs; it may have more.
[[nodiscard]] std::vector<std::uint32_t> match_listings(const std::vector<Pop3Entry>& listing,
                                                        const std::vector<ImapEntry>& inbox);

// One side's listing, with what is known of it.
struct Pop3Side {
  std::vector<Pop3Entry> listing;
  std::vector<std::uint32_t> uids;           // of the listing, 0: not known
  std::map<std::string, std::string> given;  // server's id → what the client was given; "": hidden
};

struct GivenId {
  std::string id;     // the server's, at home
  std::string given;  // empty: the person removed the message on the other side: it is not shown
  std::uint64_t rank = 0;  // the order in which the client sees them
};

// What the client is given for every message at `home`: the id it had on the other side, in the
// order it had there; behind them what it has not seen, with the home server's own ids.
[[nodiscard]] std::vector<GivenId> give_ids(const Pop3Side& at_home, const Pop3Side& elsewhere,
                                            const migration::InboxMap& map, migration::Side home);

// `id`, or one made of it that is not in `taken`; it is in `taken` then.
[[nodiscard]] std::string unique_id(const std::string& id, std::map<std::string, int>& taken);

}  // namespace tandem::session
