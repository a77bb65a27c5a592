// scan: reads what is in a folder that a client has open. Nothing is changed (PEEK, EXAMINE).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/imap_client.hpp"
#include "sync/diff.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

using net::Task;

// UIDs, flags, dates and sizes of all messages from `from` on. Ascending.
Task<Result<std::vector<Item>>> scan_from(net::ImapClient& client, Uid from);
// A part of the same, for folders that are too long to be held: from `next` on, which then is where
// the rest begins; 0: there is none. Until it has found something, or the end.
Task<Result<std::vector<Item>>> scan_part(net::ImapClient& client, Uid& next);
// The same of those named; what is no longer there is missing from the answer.
Task<Result<std::vector<Item>>> scan_uids(net::ImapClient& client, std::vector<Uid> uids);
// UIDs and flags only, of messages below `below`; with `changed_since` (CONDSTORE) of those only
// that have changed.
Task<Result<std::vector<Item>>> scan_flags(net::ImapClient& client, Uid below,
                                           std::uint64_t changed_since);
// Both of these in one round trip: what is new from `from` on, and of what is older the flags.
// Ascending.
struct NewsWanted {
  Uid from = 1;
  bool flags = false;               // of what is below `from`
  std::uint64_t changed_since = 0;  // 0: all flags
};
Task<Result<std::vector<Item>>> scan_news(net::ImapClient& client, NewsWanted wanted);
// The same with the folder's SELECT in front, on `mailbox`: all in one round trip. News: what the
// server refused to tell is missing as a whole; ask again.
struct OpenedNews {
  net::ImapMailbox opened;
  std::optional<std::vector<Item>> news;
};
Task<Result<OpenedNews>> select_with_news(net::ImapClient& client, std::string mailbox,
                                          NewsWanted wanted);
// Opens a folder so that its changes are counted where the server can (RFC 7162 3.1.8).
Task<Result<net::ImapMailbox>> select_counted(net::ImapClient& client, std::string mailbox);
// Of the UIDs below `below` those that are no longer there, as QRESYNC tells (RFC 7162 3.2.6);
// servers may also name some that were gone at `since` already. Ascending; nothing: it is not
// offered, or so many that a full look costs less.
Task<Result<std::optional<std::vector<Uid>>>> scan_vanished(net::ImapClient& client, Uid below,
                                                            std::uint64_t since);
// Fills in identity and trace of `items` from their headers (where a header says nothing, from the
// whole message). What vanished meanwhile stays without.
Task<Result<void>> look_at(net::ImapClient& client, std::vector<Item>& items,
                           mail::DigestOptions options);
// The same from whole messages, for a comparison that leaves nothing to doubt.
Task<Result<void>> look_at_whole(net::ImapClient& client, std::vector<Item>& items,
                                 mail::DigestOptions options);
// The decoded subject, at most 300 bytes.
Task<Result<std::string>> subject_of(net::ImapClient& client, Uid uid);
// The same of several, with one command; what is no longer there is missing.
Task<Result<std::map<Uid, std::string>>> subjects_of(net::ImapClient& client,
                                                     std::vector<Uid> uids);

[[nodiscard]] imap::SequenceSet set_of(const std::vector<Uid>& uids);
[[nodiscard]] imap::BodyRequest whole_body();

}  // namespace tandem::sync
