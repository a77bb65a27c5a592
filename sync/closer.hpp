// Rung (c) of the ladder, for what (a) and (b) left alone on both sides though the headers are
// alike. Some servers change what they are given: Courier ends the last line and drops a CR alone,
// so the sizes differ; Cyrus puts an X for each 8-bit byte of a header; Exchange and Domino give
// messages other Message-IDs. Such messages are read whole and compared in the normal form of
// lib/mail/digest.
#pragma once

#include <map>
#include <set>

#include "lib/net/imap_client.hpp"
#include "sync/match.hpp"

namespace tandem::sync {

using net::Task;

// Messages of the folder that is selected, looked at; `at`: the caller's index of each.
struct Alone {
  std::vector<Item> items;
  std::vector<std::size_t> at;
  void add(const Item& item, std::size_t index);
};

// All but those at the indexes `taken`, and those whose header says nothing or was not looked at:
// rung (c) cannot tell them apart.
[[nodiscard]] Alone alone(const std::vector<Item>& items, const std::set<std::size_t>& taken);

// The matches' indexes are the callers' own. Reads nothing unless headers are alike. What came
// through the gateway is told by its trace id alone and stays out. Errors: as FETCH's.
[[nodiscard]] Task<Result<std::vector<Match>>> match_whole(net::ImapClient& left, Alone ours,
                                                           net::ImapClient& right, Alone theirs,
                                                           mail::DigestOptions options);

// By their positions, what tells messages apart that are alike by header and size.
struct ToldApart {
  std::map<std::size_t, Identity> left, right;
};

// Where several are alike by header and size, and some of them are on either side, only their
// bodies tell which are the same: these are read, at most 1,000 on a side; of more, or if one is
// not given, header and size decide. Not those with a trace id, nor those like one of `known`,
// which is told by what was written down of it. Errors: as FETCH's.
[[nodiscard]] Task<Result<ToldApart>> tell_apart(
    net::ImapClient& left, const std::vector<Item>& ours, net::ImapClient& right,
    const std::vector<Item>& theirs, std::set<Identity> known, mail::DigestOptions options);

}  // namespace tandem::sync
